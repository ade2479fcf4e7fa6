"""Every model has a name that people know, its rows say what they are, and its list says what it holds."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from opsconsole.admin_site import pages
from opsconsole.admin_site.areas import AREAS, INTERNALS, area_of, name_of
from opsconsole.admin_site.searched import searches
from opsconsole.admin_site.texts import ABOUT, WHEN_EMPTY

REGISTERED = {model._meta.label_lower: registered for model, registered in admin.site._registry.items()}
OURS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in {"accounts", "bootstrap", "detections"} and not hasattr(model, "pgh_tracked_model")
]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_rows_say_what_they_are(model: type[Model]) -> None:
    """Django's own words are `BaselineCell object (336)`."""
    assert any("__str__" in vars(each) for each in model.__mro__ if each not in (Model, object))


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_names_are_words(model: type[Model]) -> None:
    for name in (str(model._meta.verbose_name), str(model._meta.verbose_name_plural)):
        assert re.fullmatch(r"[A-Za-z][A-Za-z -]+", name)
        assert not re.search(r"[a-z][A-Z]|\bapi\b|\bsign off", name)


def test_every_list_says_what_it_holds() -> None:
    assert set(ABOUT) == set(REGISTERED)
    assert set(WHEN_EMPTY) <= set(REGISTERED)
    assert [
        text for text in (*ABOUT.values(), *WHEN_EMPTY.values()) if not re.fullmatch(r"[A-Zb][^\n]{15,}\.", text)
    ] == []


def test_a_table_that_only_the_console_fills_says_when(admin_client: Client) -> None:
    """Where nobody can add the first row, an empty list says what makes it; but for what is never empty."""
    request = admin_client.get(reverse("admin:index")).wsgi_request
    filled = {label for label, each in REGISTERED.items() if not each.has_add_permission(request)}
    shipped = {"detections.severitylevel", "account.emailaddress", "detections.ruleversion", "detections.scope"}
    assert filled - shipped - {"detections.slot", "detections.coverage", "detections.evaluation"} <= set(WHEN_EMPTY)


def test_pages_are_those_of_registered_models(admin_client: Client) -> None:
    assert set(pages.OF_A_ROW) | set(pages.OF_ALL) <= set(REGISTERED)
    for label in pages.OF_ALL:
        page = pages.page_of_all(label)
        assert page
        assert admin_client.get(page[0]).status_code == 200


def test_each_model_stands_in_one_area() -> None:
    assert area_of("detections.rule") is AREAS[0]
    assert area_of("detections.slot") is INTERNALS
    assert name_of(apps.get_model("bootstrap.Finding")._meta) == "Findings of environments"


@pytest.mark.parametrize("label", sorted(label for label, each in REGISTERED.items() if each.search_fields))
def test_a_search_says_what_it_searches(label: str) -> None:
    registered = REGISTERED[label]
    said = registered.search_help_text or searches(registered.model, registered.search_fields)
    assert re.fullmatch(r"[A-Z][^_]+\.", said), said


def test_a_search_names_whose_field_it_is() -> None:
    user = apps.get_model("accounts.ApiToken")
    assert searches(user, ("name", "owner__username")) == "Searches name and owner's username."
    event = apps.get_model("detections.Event")
    assert searches(event, ("event_id__exact",)) == "Searches the whole event id."
    assert searches(event, ()) == ""


def test_the_search_of_a_list_says_it(admin_client: Client) -> None:
    html = admin_client.get(reverse("admin:detections_issue_changelist")).content.decode()
    assert "Searches title and culprit." in html
