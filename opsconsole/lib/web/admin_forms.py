"""Forms of the admin that answer whatever is sent, also by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin
from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, ManyToManyField
from django.forms.fields import InvalidJSONInput
from django.http import HttpRequest

from opsconsole.lib.db import storable

MOST_ROWS = 200  # that are edited with another


class _Keys(AutocompleteMixin):
    """Django's looks up whatever was sent, and fails on what is no key; the field says that it is no choice."""

    def optgroups(self, name: str, value: Sequence[str], attr: dict[str, Any] | None = None) -> list[Any]:
        related = self.field.remote_field
        key = related.model._meta.get_field(getattr(related, "field_name", related.model._meta.pk.attname))
        groups: list[Any] = super().optgroups(name, [each for each in value if not each or may_be_key(each, key)], attr)
        return groups


class KeySelect(_Keys, forms.Select):
    """A row that is looked up by typing."""


class KeySelectMultiple(_Keys, forms.SelectMultiple):
    """Rows that are looked up by typing."""


class AnyJSONField(forms.JSONField):
    """A JSON field that reports every fault as an error of the field: Django's own raises on numbers of thousands of
    digits and on deep nesting, and takes what cannot be stored."""

    def to_python(self, value: Any) -> Any:
        try:
            data = super().to_python(value)
        except (ValueError, RecursionError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None
        if found := storable.problem(data):
            path, why = found
            raise ValidationError(f"{path or 'It'} {why}.", code="invalid")
        return data

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            value = super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)
        return InvalidJSONInput(data) if storable.problem(value) else value  # shown again as it was typed


class LookedUp:
    """Mixin before ModelAdmin or an inline with `autocomplete_fields`."""

    admin_site: Any

    def formfield_for_foreignkey(self, db_field: ForeignKey[Any], request: HttpRequest, **options: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            options.setdefault("widget", KeySelect(db_field, self.admin_site, using=options.get("using")))
        return super().formfield_for_foreignkey(db_field, request, **options)  # type: ignore[misc]

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **options: Any
    ) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            options.setdefault("widget", KeySelectMultiple(db_field, self.admin_site, using=options.get("using")))
        return super().formfield_for_manytomany(db_field, request, **options)  # type: ignore[misc]


class FewRows(LookedUp):
    """Mixin before an inline whose rows are edited: at most MOST_ROWS, however many a request says that it has."""

    max_num: int | None = MOST_ROWS

    def get_formset(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        """Django's would make a thousand forms more than `max_num` to say that they are too many."""
        options = {"validate_max": True, "absolute_max": self.max_num, **options}
        return super().get_formset(request, obj, **options)  # type: ignore[misc]


def may_be_key(value: str, key: Any) -> bool:
    """Whether the column `key` of a model takes the value: a number within its range."""
    try:
        key.run_validators(key.to_python(value))
    except ValidationError:
        return False
    return True
