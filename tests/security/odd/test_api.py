"""Odd values in the operations of the API, which says which ones it refuses: it gets the others again without them."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from opsconsole.api import api
from tests.api.addresses import address as api_address
from tests.api.conftest import owner, with_token, writer  # noqa: F401 - fixtures
from tests.security.odd.values import CURSORS, VALUES

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


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
