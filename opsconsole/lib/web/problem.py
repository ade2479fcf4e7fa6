"""Errors of the API as problem+json (RFC 9457); no ORM."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import JsonResponse

from opsconsole.lib.lookup import NotFound

CONTENT_TYPE = "application/problem+json"


class ProblemError(Exception):
    """An error response. `members` are further members of the problem, such as the current object."""

    def __init__(self, status: int, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.members = members


@contextmanager
def unknown_as_problem(field: str) -> Iterator[None]:
    """A name that is not there, in the filter `field`: 422 instead of the 404 of an address, with the nearest names."""
    try:
        yield
    except NotFound as error:
        raise ProblemError(422, f"{field}: {error}") from None


def problem(status: int, detail: str, **members: Any) -> JsonResponse:
    """The response. `detail` says what was wrong and what is allowed."""
    body = {**members, "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE, encoder=DjangoJSONEncoder)
