"""Keyset paging: the rows after a place, as quick on the thousandth page as on the first, and stable while rows come.

For a QuerySet the database compares; for rows that are in memory already (derived lists, all of which are bounded)
Python does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value

from opsconsole.lib.web import cursor
from opsconsole.lib.web.lists.order import Order, field_names, follows, place_of

Row = TypeVar("Row")


@dataclass(frozen=True)
class Slice(Generic[Row]):
    """Some rows of a list in its order, and whether more follow them."""

    rows: list[Row]
    more: bool


def take(
    source: QuerySet[Any] | Sequence[Row], order: Order, size: int, after: Sequence[cursor.Value] | None = None
) -> Slice[Any]:
    """The first `size` rows of `source` in `order`, or the first `size` after a place. One query."""
    if isinstance(source, QuerySet):
        rows = source if after is None else source.filter(beyond(after, order))
        taken = list(rows.order_by(*field_names(order))[: size + 1])
    else:
        taken = _sorted(source, order)
        if after is not None:
            place = list(after)
            taken = [row for row in taken if follows(place_of(row, order), place, order)]
    return Slice(taken[:size], len(taken) > size)


def beyond(place: Sequence[cursor.Value], order: Order) -> Q:
    """Rows that come after `place`: (a, b) < (x, y), which PostgreSQL seeks in an index of the same columns.

    Where the keys run in different directions there is no such comparison, and it is spelled out; PostgreSQL seeks in
    no index by the disjunction alone, but by the bound on the first key, which it implies.
    """
    if len({key.descending for key in order}) == 1:
        return Q(_compared(place, order))
    first, start = order[0], place[0]
    bound = Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": start})
    after, same = Q(), Q()
    for key, value in zip(order, place, strict=True):
        after |= same & Q(**{f"{key.path}__{'lt' if key.descending else 'gt'}": value})
        same &= Q(**{key.path: value})
    return bound & after


def _compared(place: Sequence[cursor.Value], order: Order) -> Func:
    """`ROW(a, b) < ROW(x, y)` of keys that run in one direction."""
    keys = Func(*(F(key.path) for key in order), function="ROW")
    values = Func(*(Value(value) for value in place), function="ROW")
    joiner = " < " if order[0].descending else " > "
    return Func(keys, values, template="(%(expressions)s)", arg_joiner=joiner, output_field=BooleanField())


def _sorted(rows: Sequence[Row], order: Order) -> list[Row]:
    """Sorted by the last key first: Python's sort is stable."""
    found = list(rows)
    for key in reversed(order):
        found.sort(key=key.of, reverse=key.descending)
    return found
