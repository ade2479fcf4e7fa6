"""Numbers in paths: at which places they stand, and paths in which those at learned places are ids (pure).

A place is written as the pattern of its path, with `{id}` where the number stands and NUMBER at all other numbers:
`/orders/3/items/7` has the places `/orders/{id}/items/#` and `/orders/#/items/{id}`. So each is learned by itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from urllib.parse import unquote

from detections.telemetry.routes import FIRST_ID, MAX_ROUTE, template_path

ID = "{id}"
NUMBER = "#"
# PostgreSQL's regular expression of a path that has a number below FIRST_ID.
HAS_NUMBER = r"/\d{1,3}(/|$)"
# Larger numbers are kept by their end: only how many different ones there are is asked.
_DIGITS = 9

Place = tuple[str, int]


@lru_cache(maxsize=4096)
def numbers_in(path: str) -> tuple[Place, ...]:
    """The places of a URL path at which numbers stand, each with its number; none where no number is below FIRST_ID
    or an id (those of a path that is too long)."""
    bare = path.split("?", 1)[0].split("#", 1)[0]
    raw = [unquote(part) for part in bare.split("/") if part]
    route = template_path(path)
    templates = _segments(route)
    if len(raw) != len(templates) or len(route) >= MAX_ROUTE:
        return ()
    return tuple((place, int(raw[index][-_DIGITS:])) for index, place in _places(templates) if raw[index].isdecimal())


@lru_cache(maxsize=4096)
def numbered_places(route: str) -> tuple[str, ...]:
    """The places of a route at which a number below FIRST_ID stands."""
    segments = _segments(route)
    return tuple(place for index, place in _places(segments) if segments[index] != ID)


def with_ids(route: str, learned: Collection[str]) -> str:
    """The route with `{id}` at those of its numbers whose places are learned."""
    segments = _segments(route)
    at = [index for index, place in _places(segments) if place in learned]
    return "/" + "/".join(ID if index in at else part for index, part in enumerate(segments)) if at else route


def _segments(route: str) -> list[str]:
    return route.split("/")[1:] if route.startswith("/") else []


def _places(segments: list[str]) -> Iterator[tuple[int, str]]:
    """The indexes of numbers and ids, with their places."""
    numbered = [part == ID or _is_number(part) for part in segments]
    plain = [NUMBER if is_number else part for part, is_number in zip(segments, numbered, strict=True)]
    for index, is_number in enumerate(numbered):
        if is_number:
            yield index, "/" + "/".join([*plain[:index], ID, *plain[index + 1 :]])


def _is_number(part: str) -> bool:
    return re.fullmatch(r"\d{1,3}", part) is not None and int(part) < FIRST_ID
