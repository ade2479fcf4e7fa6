"""Keyset pagination of the API's lists. docs/decisions/0012-lists.md says why not django-ninja's CursorPagination."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from opsconsole.lib.web import cursor
from opsconsole.lib.web.lists.keyset import take
from opsconsole.lib.web.lists.order import Key, Order, place_of
from opsconsole.lib.web.problem import ProblemError

MAX_PAGE_SIZE = 200  # items; 200 alerts are some 100 KB
DEFAULT_PAGE_SIZE = 50

Row = TypeVar("Row", bound=Model)


def page(
    request: HttpRequest, rows: QuerySet[Row], keys: Sequence[tuple[str, type]], *, descending: bool = True
) -> tuple[list[Row], str | None]:
    """The items for the query parameters `cursor` and `limit`, and the URL of the next page or None.

    `keys` are the fields to sort by with their types; the last one is unique. Raises ProblemError 422 for invalid
    parameters.
    """
    order = tuple(Key(name, kind, descending) for name, kind in keys)
    limit = _limit(request.GET.get("limit", ""))
    encoded = request.GET.get("cursor")
    taken = take(rows, order, limit, _decoded(encoded, order) if encoded else None)
    if not taken.more:
        return taken.rows, None
    return taken.rows, _next_url(request, cursor.encode(place_of(taken.rows[-1], order)))


def _decoded(encoded: str, order: Order) -> list[cursor.Value]:
    try:
        return cursor.decode(encoded, [key.kind for key in order])
    except cursor.CursorError as error:
        raise ProblemError(422, f"cursor: {error}") from None


def _limit(text: str) -> int:
    if not text:
        return DEFAULT_PAGE_SIZE
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MAX_PAGE_SIZE:
        raise ProblemError(422, f"limit: a whole number from 1 to {MAX_PAGE_SIZE}")
    return int(text)


def _next_url(request: HttpRequest, encoded: str) -> str:
    query = request.GET.copy()
    query["cursor"] = encoded
    build: Callable[..., Any] = request.build_absolute_uri
    return str(build(f"{request.path}?{query.urlencode()}"))
