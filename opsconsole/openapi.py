"""What every operation of the API may answer besides its own, added to the OpenAPI document."""

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
# Renamed by RFC 9110: which name `HTTPStatus` has depends on Python's version, and the document must not.
PHRASES = MappingProxyType({413: "Request Entity Too Large", 422: "Unprocessable Entity"})


class DocumentedAPI(NinjaAPI):
    """A NinjaAPI whose document names the refusals that authentication, converters and validation bring along."""

    def get_openapi_schema(self, *args: Any, **options: Any) -> OpenAPISchema:
        document = super().get_openapi_schema(*args, **options)
        for path in document["paths"].values():
            for method in METHODS:
                if method in path:
                    _complete(path[method])
        return document


def _complete(operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    for status in _refusals(operation):
        found = answers.setdefault(int(status), {"description": status.phrase})
        found.setdefault("content", {CONTENT_TYPE: {"schema": PROBLEM}})
    for status in PHRASES.keys() & answers.keys():
        answers[status]["description"] = PHRASES[status]
    operation["responses"] = {status: _as_problem(status, answers[status]) for status in sorted(answers)}


def _refusals(operation: dict[str, Any]) -> Iterator[HTTPStatus]:
    places = {parameter["in"] for parameter in operation["parameters"]}
    if "security" in operation:
        yield HTTPStatus.UNAUTHORIZED
        if {"WriteBearer": []} in operation["security"]:
            yield HTTPStatus.FORBIDDEN
    if "path" in places:
        yield HTTPStatus.NOT_FOUND
    if "query" in places:
        yield HTTPStatus.UNPROCESSABLE_ENTITY
    if "requestBody" in operation:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)


def _as_problem(status: int, answer: dict[str, Any]) -> dict[str, Any]:
    if status < HTTPStatus.BAD_REQUEST or "application/json" not in answer.get("content", {}):
        return answer
    return {**answer, "content": {CONTENT_TYPE: answer["content"]["application/json"]}}
