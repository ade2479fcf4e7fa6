"""One page of a list of the API by keyset: as quick on the thousandth page as on the first, and stable while rows come.

Not django-ninja's CursorPagination: docs/decisions/0012-lists.md says why.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from opsconsole.lib.web import cursor
from opsconsole.lib.web.lists.keyset import take
from opsconsole.lib.web.lists.order import Key, Order, place_of
from opsconsole.lib.web.problem import ProblemError

MOST = 200  # items on a page; 200 alerts are some 100 KB
USUAL = 50

Row = TypeVar("Row", bound=Model)


def page(
    request: HttpRequest, rows: QuerySet[Row], keys: Sequence[tuple[str, type]], *, descending: bool = True
) -> tuple[list[Row], str | None]:
    """The items that `cursor` and `limit` of the address ask for, and the address of the next page or None.

    `keys` are the fields to sort by with their types, the last one unique. Raises ProblemError 422.
    """
    order = tuple(Key(name, kind, descending) for name, kind in keys)
    limit = _limit(request.GET.get("limit", ""))
    given = request.GET.get("cursor")
    taken = take(rows, order, limit, _decoded(given, order) if given else None)
    if not taken.more:
        return taken.rows, None
    return taken.rows, _address(request, cursor.encode(place_of(taken.rows[-1], order)))


def _decoded(given: str, order: Order) -> list[cursor.Value]:
    try:
        return cursor.decode(given, [key.kind for key in order])
    except cursor.CursorError as error:
        raise ProblemError(422, f"cursor: {error}") from None


def _limit(text: str) -> int:
    if not text:
        return USUAL
    if not text.isdecimal() or not 1 <= int(text[:9]) <= MOST:
        raise ProblemError(422, f"limit: a whole number from 1 to {MOST}")
    return int(text)


def _address(request: HttpRequest, at: str) -> str:
    query = request.GET.copy()
    query["cursor"] = at
    build: Callable[..., Any] = request.build_absolute_uri
    return str(build(f"{request.path}?{query.urlencode()}"))
