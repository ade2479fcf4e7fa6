"""The order of a list, and places in it (pure)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from opsconsole.lib.web.cursor import Value


@dataclass(frozen=True)
class Key:
    """A field to sort by: its path as `order_by` and `getattr` spell it (`project__name`), and its Python type.

    The values must never be NULL: comparisons with NULL are never true, so such rows would be on no page.
    """

    path: str
    kind: type
    descending: bool = False

    def of(self, row: Any) -> Value:
        """The row's value of the field."""
        value: Value = reduce(getattr, self.path.split("__"), row)
        return value


# The last key must be unique, so that each row has its own place.
Order = tuple[Key, ...]


def ascending(path: str, kind: type) -> Key:
    return Key(path, kind)


def descending(path: str, kind: type) -> Key:
    return Key(path, kind, descending=True)


def reverse(order: Order) -> Order:
    """The opposite order."""
    return tuple(replace(key, descending=not key.descending) for key in order)


def field_names(order: Order) -> list[str]:
    """The arguments of `QuerySet.order_by`."""
    return [f"-{key.path}" if key.descending else key.path for key in order]


def place_of(row: Any, order: Order) -> list[Value]:
    """The row's place in the list: its values of all keys."""
    return [key.of(row) for key in order]


def follows(place: list[Value], other: list[Value], order: Order) -> bool:
    """Whether `place` comes after `other`."""
    for key, mine, theirs in zip(order, place, other, strict=True):
        if mine != theirs:
            return bool(mine < theirs) is key.descending  # type: ignore[operator]  # one key, one type
    return False
