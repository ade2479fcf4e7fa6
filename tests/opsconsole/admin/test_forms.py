"""Forms of the admin have fields that answer whatever is sent; tests/security/odd sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteMixin
from django.test import RequestFactory

from opsconsole.accounts.models import User
from opsconsole.lib.web.admin_forms import MOST_ROWS, AnyJSONField, KeySelect, KeySelectMultiple


@pytest.fixture
def request_of_root(rf: RequestFactory, db: None) -> Any:
    asked = rf.get("/admin/")
    asked.user = User.objects.create_superuser("root")
    return asked


def formsets(request: Any) -> Iterator[Any]:
    for registered in admin.site._registry.values():
        for inline in registered.get_inline_instances(request):
            if inline.has_add_permission(request, None) or inline.has_change_permission(request, None):
                yield inline.get_formset(request)


def fields(request: Any) -> Iterator[tuple[str, forms.Field]]:
    made = [each.get_form(request) for each in admin.site._registry.values() if each.has_add_permission(request)]
    for form in (*made, *(each.form for each in formsets(request))):
        for name, field in form.base_fields.items():
            yield f"{form.__name__} of {form._meta.model.__name__}: {name}", field


def test_rows_are_looked_up_by_what_may_be_a_key(request_of_root: Any) -> None:
    found = [(name, getattr(field.widget, "widget", field.widget)) for name, field in fields(request_of_root)]
    looked_up = [(name, widget) for name, widget in found if isinstance(widget, AutocompleteMixin)]
    assert looked_up
    assert [name for name, widget in looked_up if not isinstance(widget, KeySelect | KeySelectMultiple)] == []


def test_json_is_refused_at_its_field(request_of_root: Any) -> None:
    found = [(name, field) for name, field in fields(request_of_root) if isinstance(field, forms.JSONField)]
    assert found
    assert [name for name, field in found if not isinstance(field, AnyJSONField)] == []


@pytest.mark.parametrize("sent", ["9" * 5000, "[" * 5000 + "]" * 5000, '"\\u0000"', '"\\ud800"', "{"])
def test_json_that_cannot_be_stored_is_shown_again_as_it_was_typed(sent: str) -> None:
    field = AnyJSONField()
    with pytest.raises(forms.ValidationError):
        field.clean(sent)
    assert field.prepare_value(field.bound_data(sent, None)) == sent


def test_rows_that_are_edited_with_another_are_bounded(request_of_root: Any) -> None:
    bounds = {each.__name__ + each.model.__name__: each.absolute_max for each in formsets(request_of_root)}
    assert bounds
    assert {name: most for name, most in bounds.items() if most > MOST_ROWS} == {}
