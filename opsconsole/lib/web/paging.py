"""One page of a list by keyset: as quick on the thousandth page as on the first, and stable while rows are added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from opsconsole.lib.web import cursor
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
    limit = _limit(request.GET.get("limit", ""))
    given = request.GET.get("cursor")
    if given:
        rows = rows.filter(_beyond(_decoded(given, keys), [name for name, _ in keys], descending))
    found = list(rows.order_by(*(f"-{name}" if descending else name for name, _ in keys))[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = [getattr(found[limit - 1], name) for name, _ in keys]
    return found[:limit], _address(request, cursor.encode(last))


def _beyond(values: Sequence[cursor.Value], names: Sequence[str], descending: bool) -> Q:
    """Rows after `values` in the order of `names`: (a, b) < (x, y), spelled out."""
    look = "lt" if descending else "gt"
    beyond, same = Q(), Q()
    for name, value in zip(names, values, strict=True):
        beyond |= same & Q(**{f"{name}__{look}": value})
        same &= Q(**{name: value})
    return beyond


def _decoded(given: str, keys: Sequence[tuple[str, type]]) -> list[cursor.Value]:
    try:
        return cursor.decode(given, [kind for _, kind in keys])
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
