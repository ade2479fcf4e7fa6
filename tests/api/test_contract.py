"""Every operation of the API against its OpenAPI document: what fits it, what breaks it, and who may."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from detections.alerts.handling.apply_verdicts import consume
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, User
from opsconsole.api import api
from tests.api.addresses import NEEDED, address
from tests.bootstrap import builders
from tests.detections.alerts.factories import START, judge, make_rule, make_scope
from tests.examples import examples

pytestmark = pytest.mark.slow

DOCUMENT: dict[str, Any] = api.get_openapi_schema()
OPERATIONS = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
# A cursor is opaque, so the document cannot tell a good one from a bad one: no check that what fits is accepted.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    ignored_auth,
    unsupported_method,
]


SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


@pytest.fixture
def one_connection() -> Iterator[None]:
    """A real WSGI request looks after the connection, and would close that of the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def token(owner: User) -> str:
    """Of a superuser with scope write; there is an alert, and a checklist with an item."""
    judge(make_scope(make_rule("DET-A")), "c", 0)
    consume(START)
    builders.item(builders.run(builders.environment()), "FIRST")
    return tokens.create(owner, "bot", ApiToken.Scope.WRITE)[1]


@SCHEMA.parametrize()
@pytest.mark.usefixtures("one_connection")
@settings(
    max_examples=examples(15),  # an operation: some 60 cases with those that cover each parameter's edges
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
def test_whatever_is_sent_the_answer_is_one_that_is_documented(case: Any, token: str) -> None:
    case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_without_a_token_nothing_is_told(method: str, path: str, client: Client, db: None) -> None:
    answer = getattr(client, method)(address(path, "1"))
    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert {"401"} <= set(map(str, DOCUMENT["paths"][path][method]["responses"]))


@pytest.mark.parametrize("path", [path for method, path in OPERATIONS if method == "post"])
def test_a_token_that_may_only_read_changes_nothing(path: str, reader: Client) -> None:
    answer = reader.post(address(path, "1"))
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert "scope write" in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_head_is_get_without_the_body_and_other_methods_are_told(method: str, path: str, writer: Client) -> None:
    there, methods = address(path, "1"), DOCUMENT["paths"][path]  # an address may have several: list and make
    head = writer.head(there)
    if method == "get":
        got = writer.get(there)
        assert (head.status_code, head["Content-Type"]) == (got.status_code, got["Content-Type"])
        assert head.content == b""
    else:
        assert head.status_code == (404 if "{" in path else 200) if "get" in methods else 405
    answer = writer.put(there)
    assert answer.status_code == 405
    allowed = {each.upper() for each in methods} | ({"HEAD"} if "get" in methods else set())
    assert set(answer["Allow"].split(", ")) == allowed
    if head.status_code == 405:
        assert head["Allow"] == answer["Allow"]


@pytest.mark.parametrize("path", [path for _, path in OPERATIONS if "{" in path])
@pytest.mark.parametrize("value", ["0", "9" * 30, str(2**63), "-1", "x", "%00"])
def test_ids_of_nothing_are_not_found(path: str, value: str, writer: Client) -> None:
    method = next(iter(DOCUMENT["paths"][path]))
    answer = _send(writer, method, path, address(path, value))
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_a_parameter_that_there_is_not_is_refused_by_name(method: str, path: str, writer: Client) -> None:
    operation = DOCUMENT["paths"][path][method]
    known = [each["name"] for each in operation["parameters"] if each["in"] == "query"]
    answer = _send(writer, method, path, address(path, "1") + "?statsu=x")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    wanted = {"field": "query.statsu", "message": f"there is no such parameter; allowed: {', '.join(known) or 'none'}"}
    assert answer.json()["errors"] == [wanted]


def _send(client: Client, method: str, path: str, there: str) -> Any:
    """With the body that the operation at the `path` of the document needs."""
    if method == "post" and path in NEEDED:
        return client.post(there, NEEDED[path], content_type="application/json")
    if method == "patch":
        return client.patch(there, {}, content_type="application/json")
    return getattr(client, method)(there)
