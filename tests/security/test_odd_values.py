"""Huge numbers, impossible dates, NUL, broken encodings and overlong text in every place that takes a value.

The answer is a page, a redirect or a refusal, never a failure of the console. All names of an address get the value at
once. The admin stops at the first that it does not understand, so it gets one after another; the API says which ones it
refuses, and gets the others again without them.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from django.contrib import admin
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from opsconsole.accounts.models import User
from opsconsole.api import api
from tests.api.addresses import address as api_address
from tests.api.conftest import owner, with_token, writer  # noqa: F401 - fixtures
from tests.opsconsole.test_access_matrix import (  # noqa: F401 - fixtures
    ACTS,
    FORMS,
    PAGES,
    addresses,
    client_of,
    one_moment,
)
from tests.security.odd_values import (
    CURSORS,
    DATES,
    NUMBERS,
    TEXTS,
    VALUES,
    admin_filters,
    admin_lookups,
    names_in_addresses,
    names_in_bodies,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
IN_ADDRESSES, IN_BODIES = names_in_addresses(), names_in_bodies()
MODELS = list(admin.site._registry)
ODD = ("-1", "9" * 19)


# Pages that read their address, beside the lists.
READERS = {"overview", "alert_chart", "routing", "route", "rule", "issue", "environment_matrix", "runbook_import"}
LISTS = [name for name in PAGES if name.endswith(("_list", "_events", "_drift"))]
SHOWN = [*LISTS, *sorted(READERS)]


def get(client: Client, address: str, sent: str) -> int:
    """The status. The query goes as it is: the test client would encode it properly."""
    client.raise_request_exception = False
    path, _, own = address.partition("?")
    return int(client.get(path, QUERY_STRING="&".join(filter(None, (own, sent)))).status_code)


def answer_of(call: Callable[..., Any], address: str, sent: str = "") -> HttpResponse:
    answer: HttpResponse = call(address, QUERY_STRING=sent)
    return answer


def unanswered(send: Callable[[str], HttpResponse], names: list[str], value: str) -> list[str]:
    """The names under which the value makes the console fail. Each is read in an answer that says so.

    A success has read all names that were sent, and a refusal has read those that it lists: the others go again
    without them. The names of a refusal that lists none go one by one.
    """
    while names:
        answer = send("&".join(f"{name}={value}" for name in names))
        if answer.status_code >= 500:
            return names
        if answer.status_code < 300:
            return []
        refused = fields_refused(answer)
        if refused.isdisjoint(names):
            break
        names = [name for name in names if name not in refused]
    return [name for name in names if send(f"{name}={value}").status_code >= 500]


def fields_refused(answer: HttpResponse) -> set[str]:
    """The names in the query that a problem of the API lists."""
    if answer["Content-Type"] != "application/problem+json":
        return set()
    fields = [each["field"] for each in json.loads(answer.content).get("errors", [])]
    return {field.removeprefix("query.") for field in fields if field.startswith("query.")}


def changelist(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_names_are_found() -> None:
    assert {"q", "sort", "after", "limit", "cursor", "show", "project"} <= set(IN_ADDRESSES)
    assert {"line", "note", "row", "version"} <= set(IN_BODIES)
    assert "date_joined__year" in admin_lookups(User)
    assert len(admin_filters()) > 20


def test_pages_answer(addresses: dict[str, str]) -> None:  # noqa: F811
    client = client_of("Admin")
    asked = [(name, "&".join(f"{each}={value}" for each in IN_ADDRESSES)) for name in SHOWN for value in VALUES]
    asked += [(name, f"{way}={value}") for name in LISTS for way in ("after", "before") for value in CURSORS]
    assert [(name, sent[-40:]) for name, sent in asked if get(client, addresses[name], sent) >= 500] == []


def test_acts_answer(addresses: dict[str, str]) -> None:  # noqa: F811
    client = client_of("Admin")
    client.raise_request_exception = False
    values = [unquote_to_bytes(value).decode(errors="replace") for value in (*NUMBERS, *TEXTS)]
    asked = [(name, value) for value in values for name in (*FORMS, *ACTS)]
    assert [
        (name, value[:24])
        for name, value in asked
        if client.post(addresses[name], dict.fromkeys(IN_BODIES, value)).status_code >= 500
    ] == []


@pytest.fixture
def root(db: None, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A superuser. The pages lack the list of all models at their side, which takes half of the time of each."""
    monkeypatch.setattr(admin.site, "get_app_list", lambda *_: [])
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


def test_lists_of_the_admin_answer(root: Client) -> None:
    """No search or order is refused, so they go together. A list stops at a page, date or filter that it refuses."""
    stopped = [
        (model.__name__, value)
        for model in MODELS
        for value in ODD
        if get(root, changelist(model), f"q={value}&o={value}") != 200
    ]
    asked = [(model, name, value) for model in MODELS for name in admin_lookups(model)[2:] for value in ODD]
    asked += [(model, name, value) for model, name in admin_filters() for value in (*NUMBERS[1:], DATES[0])]
    failed = [
        (model.__name__, name, value[:24])
        for model, name, value in asked
        if get(root, changelist(model), f"{name}={value}") >= 500
    ]
    assert (stopped, failed) == ([], [])


def test_objects_of_the_admin_answer(root: Client) -> None:
    asked = [(model, value) for model in MODELS for value in ("9" * 19, "9" * 5000, "%00", "_00")]
    pages = [(model, value) for model, value in asked if get(root, f"{changelist(model)}{value}/change/", "") >= 500]
    sent = {"action": "delete_selected", "_selected_action": "9" * 30, "index": "9" * 30}
    acts = [model for model in MODELS if root.post(changelist(model), sent).status_code >= 500]
    assert (pages, acts) == ([], [])


def test_autocompletion_of_the_admin_answers(root: Client) -> None:
    failed = []
    known = {"app_label": "bootstrap", "model_name": "reporttoken", "field_name": "deployment", "term": "a"}
    for name in ("term", "page", "app_label", "model_name", "field_name"):
        for value in VALUES:
            sent = "&".join(f"{key}={each}" for key, each in {**known, name: value}.items())
            if get(root, "/admin/autocomplete/", sent) >= 500:
                failed.append((name, value[:24]))
    assert failed == []


def test_operations_of_the_api_answer(writer: Client) -> None:  # noqa: F811
    writer.raise_request_exception = False
    failed: list[Any] = []
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method, operation in methods.items():
            send = functools.partial(answer_of, getattr(writer, method))
            places = [(each["in"], each["name"]) for each in operation.get("parameters", [])]
            in_query = [name for place, name in places if place == "query"]
            for value in (*VALUES, *CURSORS):
                ids = [name for place, name in places if place == "path"]
                bad = [name for name in ids if send(api_address(path, value)).status_code >= 500]
                bad += unanswered(functools.partial(send, api_address(path, "1")), in_query, value)
                failed += [(method, path, name, value[:24]) for name in bad]
    assert failed == []


@pytest.mark.parametrize("value", TEXTS, ids=lambda value: value[:24])
@pytest.mark.parametrize("field", ["login", "password", "remember", "next"])
def test_signing_in_answers(db: None, field: str, value: str) -> None:
    text = unquote_to_bytes(value).decode(errors="replace")
    sent = {"login": "ada", "password": "x", field: text}
    assert Client().post("/accounts/login/", sent).status_code < 500
    assert get(Client(), "/accounts/login/", f"{field}={value}") < 500
