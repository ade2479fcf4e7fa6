"""Adds to the OpenAPI document the error responses that every operation may give."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from opsconsole.lib.web.problem import CONTENT_TYPE

PROBLEM = {"$ref": "#/components/schemas/Problem"}
METHODS = ("get", "put", "post", "patch", "delete")
# RFC 9110 renamed these: the phrase of `HTTPStatus` depends on Python's version, the document must not.
PHRASES = MappingProxyType({413: "Request Entity Too Large", 422: "Unprocessable Entity"})


class DocumentedAPI(NinjaAPI):
    """A NinjaAPI whose document includes the errors of authentication, path converters and validation."""

    def get_openapi_schema(self, *args: Any, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(*args, **options)
        for path in document["paths"].values():
            for method in METHODS:
                if method in path:
                    _complete(path[method])
        return document


def _complete(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    for status in _error_statuses(operation):
        response = answers.setdefault(int(status), {"description": status.phrase})
        response.setdefault("content", {CONTENT_TYPE: {"schema": PROBLEM}})
    for status in PHRASES.keys() & answers.keys():
        answers[status]["description"] = PHRASES[status]
    operation["responses"] = {status: _as_problem(status, answers[status]) for status in sorted(answers)}


def _error_statuses(operation: dict[str, Any]) -> Iterator[HTTPStatus]:
    places = {parameter["in"] for parameter in operation["parameters"]}
    if "security" in operation:
        yield from (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
    if "path" in places:
        yield HTTPStatus.NOT_FOUND
    if "requestBody" in operation:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    yield HTTPStatus.UNPROCESSABLE_ENTITY  # for a parameter that there is not


def _as_problem(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    if status < HTTPStatus.BAD_REQUEST or "application/json" not in answer.get("content", {}):
        return answer
    return {**answer, "content": {CONTENT_TYPE: answer["content"]["application/json"]}}
