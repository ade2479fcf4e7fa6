"""Keyset pagination: the rows after a place, as fast on the last page as on the first, and stable while rows are added.

The database compares the rows of a QuerySet, Python those of a sequence (derived lists, which are all short).
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
    """Consecutive rows of a list, and whether more follow."""

    rows: list[Row]
    more: bool


@dataclass(frozen=True)
class Either:
    """The rows for which one of the conditions holds. Each is asked for on its own: of a condition on other tables that
    stands alone PostgreSQL makes a join which ends with the page; beside OR it reads all of these tables that matches.
    """

    rows: QuerySet[Any]
    conditions: tuple[Q, ...]

    @property
    def parts(self) -> list[QuerySet[Any]]:
        """By condition, its rows."""
        return [self.rows.filter(condition) for condition in self.conditions]

    def count(self, most: int) -> int:
        """The number of rows, counted to `most`."""
        found: set[Any] = set()
        for part in self.parts:
            if len(found) < most:
                found.update(part.order_by().values_list("pk", flat=True)[:most])
        return min(len(found), most)


Source = QuerySet[Any] | Either | Sequence[Row]


def take(
    source: Source[Row],
    order: Order,
    size: int,
    after: Sequence[cursor.Value] | None = None,
    *,
    keys_first: bool = False,
) -> Slice[Any]:
    """The first `size` rows of `source` in `order`, or the first `size` after a place.

    One query, or the primary keys in a query of their own first: where no index gives the order all rows are sorted,
    and what is joined to be shown is then joined for those of the page only.
    """
    if isinstance(source, Either):
        taken = _of_one(source, order, size, after)
    elif isinstance(source, QuerySet):
        rows = source if after is None else source.filter(beyond(after, order))
        rows = rows.order_by(*field_names(order))
        taken = _of_page(rows, size + 1) if keys_first else list(rows[: size + 1])
    else:
        taken = _sorted(source, order)
        if after is not None:
            place = list(after)
            taken = [row for row in taken if follows(place_of(row, order), place, order)]
    return Slice(taken[:size], len(taken) > size)


def _of_page(rows: QuerySet[Any], size: int) -> list[Any]:
    found = list(rows.values_list("pk", flat=True)[:size])
    return list(rows.filter(pk__in=found)) if found else []


def _of_one(source: Either, order: Order, size: int, after: Sequence[cursor.Value] | None) -> list[Any]:
    """The first rows of each part, put in order."""
    found: dict[Any, Any] = {}
    for part in source.parts:
        rows = part if after is None else part.filter(beyond(after, order))
        keys = rows.order_by(*field_names(order)).values_list("pk", *(key.path for key in order))
        found.update({pk: place for pk, *place in keys[: size + 1]})
    places = list(found.items())
    for index, key in reversed(list(enumerate(order))):
        places.sort(key=lambda item: item[1][index], reverse=key.descending)
    first = [pk for pk, _ in places[: size + 1]]
    return list(source.rows.filter(pk__in=first).order_by(*field_names(order))) if first else []


def beyond(place: Sequence[cursor.Value], order: Order) -> Q:
    """The condition for rows after `place`: (a, b) < (x, y), for which PostgreSQL uses an index on the same columns.

    For keys of different directions it is a disjunction. PostgreSQL uses no index for that, so the bound on the first
    key, which it implies, is added.
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
    """`ROW(a, b) < ROW(x, y)` for keys of one direction."""
    # A field of any kind has to be named, since those of the keys differ; no value is read by it.
    keys = Func(*(F(key.path) for key in order), function="ROW", output_field=BooleanField())
    values = Func(*(Value(value) for value in place), function="ROW", output_field=BooleanField())
    joiner = " < " if order[0].descending else " > "
    return Func(keys, values, template="(%(expressions)s)", arg_joiner=joiner, output_field=BooleanField())


def _sorted(rows: Sequence[Row], order: Order) -> list[Row]:
    """The rows in `order`, sorted by the last key first, since Python's sort is stable."""
    result = list(rows)
    for key in reversed(order):
        result.sort(key=key.of, reverse=key.descending)
    return result
