"""Refuses what an operation of the API does not take: query parameters, and bodies where it has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError
from ninja.operation import Operation

from opsconsole.lib.web.problem import ProblemError

_SHOWN = 100  # characters of an unknown name that an answer repeats
_MOST_ERRORS = 20  # unknown names that an answer lists
FORM_ERRORS = (MultiPartParserError, TooManyFieldsSent, TooManyFilesSent)
Error = dict[str, str]


def only_understood(view: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of every operation, run when the token is known and the parameters are valid.

    Raises ProblemError 422 with a field and a message for everything that the operation would ignore: what a script
    means to say must not vanish. A GET's body has no meaning and is left alone.
    """
    operation: Operation = view._ninja_operation  # type: ignore[attr-defined]
    known = parameters(operation)
    bodiless = not _takes_a_body(operation)

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **values: Any) -> Any:
        errors = list(_unknown_parameters(request, known))
        if bodiless and request.method != "GET":
            errors += _body(request, known)
        if errors:
            text = "; ".join(f"{error['field']}: {error['message']}" for error in errors[:_MOST_ERRORS])
            raise ProblemError(422, text, errors=errors[:_MOST_ERRORS])
        return view(request, *args, **values)

    return checked


def parameters(operation: Operation) -> list[str]:
    """The names of the operation's query parameters."""
    return [
        name
        for model in operation.models
        if _source(model) == "query"
        for name in getattr(model, "__ninja_flatten_map__", {})
    ]


def _takes_a_body(operation: Operation) -> bool:
    return "requestBody" in (operation.openapi_extra or {}) or any(
        _source(model) in {"body", "form", "file"} for model in operation.models
    )


def _source(model: Any) -> str:
    return str(getattr(model.__ninja_param_source__, "value", model.__ninja_param_source__))


def _unknown_parameters(request: HttpRequest, known: list[str]) -> Iterator[Error]:
    message = f"there is no such parameter; allowed: {', '.join(known) or 'none'}"
    return (_error(f"query.{name}", message) for name in request.GET if name not in known)


def _body(request: HttpRequest, known: list[str]) -> list[Error]:
    """One error for each field of a body, one for a body that is no object. Nothing and an empty object are fine."""
    message = f"this operation takes no body; parameters go into the address: {', '.join(known) or 'none'}"
    try:
        fields = _fields(request)
    except (ValueError, RecursionError, *FORM_ERRORS):
        fields = None
    if not isinstance(fields, dict):
        return [_error("body", message)]
    return [_error(f"body.{name}", message) for name in fields]


def _fields(request: HttpRequest) -> Any:
    if request.content_type == "multipart/form-data":  # what some clients send for an empty body
        return {**request.POST, **request.FILES}
    return json.loads(request.body) if request.body.strip() else {}


def _error(field: str, message: str) -> Error:
    shown = field if len(field) <= _SHOWN else f"{field[:_SHOWN]}…"
    return {"field": shown.replace("\0", "\\0"), "message": message}
