"""Pure: items (rules) by the globs that select them, looked up by path (no ORM).

A thousand rules that each name a route meet a thousand series a minute: names and prefixes are looked up, and only
globs of another form are matched one by one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from detections.telemetry.routes import glob

Item = TypeVar("Item")


class GlobIndex(Generic[Item]):
    """Items by the glob that each has (see `telemetry.routes.glob`)."""

    def __init__(self, items: Iterable[tuple[str, Item]]) -> None:
        self._items: list[Item] = []
        self._all: list[int] = []
        self._names: dict[str, list[int]] = defaultdict(list)  # by glob without *: the path itself
        self._below: dict[str, list[int]] = defaultdict(list)  # by P of P/*: P and what is below it
        self._others: dict[str, list[int]] = defaultdict(list)  # by glob
        self._exact: dict[str, list[int]] = defaultdict(list)  # by glob, all of them
        for number, (pattern, item) in enumerate(items):
            self._items.append(item)
            self._exact[pattern].append(number)
            self._add(pattern, number)

    def matching(self, paths: Iterable[str], patterns: Iterable[str] = ()) -> list[Item]:
        """The items whose glob matches any of the paths or is one of `patterns`, in the order in which they came."""
        found = set(self._all)
        for path in paths:
            found.update(self._on(path))
        for pattern in patterns:
            found.update(self._exact.get(pattern, ()))
        return [self._items[number] for number in sorted(found)]

    def _add(self, pattern: str, number: int) -> None:
        stem = pattern.removesuffix("/*")
        if not pattern.strip("*"):
            self._all.append(number)
        elif "*" not in pattern:
            self._names[pattern].append(number)
        elif stem and stem != pattern and "*" not in stem:
            self._below[stem].append(number)
        else:
            self._others[pattern].append(number)

    def _on(self, path: str) -> Iterator[int]:
        yield from self._names.get(path, ())
        if self._below:
            for stem in _stems(path):
                yield from self._below.get(stem, ())
        for pattern, numbers in self._others.items():
            if glob(pattern)(path):
                yield from numbers


def _stems(path: str) -> Sequence[str]:
    """The path and what stands before each of its slashes."""
    return [path, *(path[:at] for at, sign in enumerate(path) if sign == "/")]
