"""The order of a list, and the values that name a place in it (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from opsconsole.lib.web.cursor import Value


@dataclass(frozen=True)
class Key:
    """A field to sort by: its path as `order_by` and `getattr` spell it (`project__name`), and its Python type.

    The values must never be NULL: SQL compares nothing with NULL, so such rows would be on no page.
    """

    path: str
    kind: type
    descending: bool = False

    def of(self, row: Any) -> Value:
        """The row's value."""
        value: Value = reduce(getattr, self.path.split("__"), row)
        return value


# The last key is unique, so that every row has a place of its own.
Order = tuple[Key, ...]


def ascending(path: str, kind: type) -> Key:
    return Key(path, kind)


def descending(path: str, kind: type) -> Key:
    return Key(path, kind, descending=True)


def reverse(order: Order) -> Order:
    """The same list from its end."""
    return tuple(replace(key, descending=not key.descending) for key in order)


def field_names(order: Order) -> list[str]:
    """The order as `QuerySet.order_by` takes it."""
    return [f"-{key.path}" if key.descending else key.path for key in order]


def place_of(row: Any, order: Order) -> list[Value]:
    """The row's values of all keys: its place in the list."""
    return [key.of(row) for key in order]


def follows(place: list[Value], other: list[Value], order: Order) -> bool:
    """Whether `place` comes after `other`."""
    for key, mine, theirs in zip(order, place, other, strict=True):
        if mine != theirs:
            return bool(mine < theirs) is key.descending  # type: ignore[operator]  # one key, one type
    return False
