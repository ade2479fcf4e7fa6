"""Odd values as ids of rows, in acts on rows, and where the admin completes what one types."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from tests.security.odd.asking import MODELS, changelist, get
from tests.security.odd.values import VALUES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
IDS = ("x", "9" * 19, "9" * 5000, "%00", "_00", "_5F_2F_", "_")
# Of lists' acts; each alone is odd, and the last ones are well-formed but for the rows.
ACTS: tuple[dict[str, Any], ...] = (
    {"action": "delete_selected", "_selected_action": "9" * 30, "index": "9" * 30},
    {"action": "delete_selected", "_selected_action": "1", "index": "-2"},
    {"action": "\0", "_selected_action": "1", "index": "x"},
    {"action": "delete_selected", "select_across": "x"},
    *({"action": "delete_selected", "_selected_action": each} for each in ("x", "\0", "-1", "9" * 19, "9" * 5000, "")),
)


def test_objects_of_the_admin_answer(root: Client) -> None:
    asked = [(model, value, "change") for model in MODELS for value in IDS]
    asked += [(model, value, page) for model in MODELS for value in ("x", "%00") for page in ("history", "delete")]
    failed = [
        (model.__name__, value[:24], page)
        for model, value, page in asked
        if get(root, f"{changelist(model)}{value}/{page}/", "") >= 500
    ]
    assert failed == []


def test_rows_of_popups_answer(root: Client) -> None:
    sent = ("_popup=1&_to_field=x", "_popup=x&_to_field=%00")
    asked = [(model, each, page) for model in MODELS for each in sent for page in ("", "add/", "1/change/")]
    assert [
        (m.__name__, each[:30], page) for m, each, page in asked if get(root, changelist(m) + page, each) >= 500
    ] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_acts_on_rows_of_the_admin_answer(root: Client, model: type[Model]) -> None:
    root.raise_request_exception = False
    assert [sent for sent in ACTS if root.post(changelist(model), sent).status_code >= 500] == []


def test_autocompletion_of_the_admin_answers(root: Client) -> None:
    failed = []
    known = {"app_label": "bootstrap", "model_name": "reporttoken", "field_name": "deployment", "term": "a"}
    for name in ("term", "page", "app_label", "model_name", "field_name"):
        for value in VALUES:
            sent = "&".join(f"{key}={each}" for key, each in {**known, name: value}.items())
            if get(root, "/admin/autocomplete/", sent) >= 500:
                failed.append((name, value[:24]))
    assert failed == []
