"""Where the points of a text's lists lie (pure). `read_blocks` says what they say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from bootstrap.importer.markdown.parse import lines_of, outer_elements, tokens_of


@dataclass(frozen=True)
class Point:
    """A point of a list by its lines, from 1, all included. `words_end` is the last line of its first paragraph, `last`
    that of its sub-points; `siblings` names its list."""

    line: int
    words_end: int
    last: int
    siblings: int


def points_of(lines: Sequence[str]) -> dict[int, Point]:
    """The points by the line in which they begin, in reading order; of two in one line the inner one."""
    found: dict[int, Point] = {}
    for element in outer_elements(tokens_of(lines)):
        found |= {point.line: point for point in _within(element, lines)}
    return found


def _within(element: Sequence[Token], lines: Sequence[str]) -> Iterator[Point]:
    for inner in outer_elements(element[1:-1]) if len(element) > 1 else ():
        if inner[0].type == "list_item_open":
            yield _point(inner, lines_of(element[0])[0], lines)
        if inner[0].type.endswith(("_list_open", "list_item_open")):
            yield from _within(inner, lines)


def _point(item: Sequence[Token], siblings: int, lines: Sequence[str]) -> Point:
    start, end = lines_of(item[0])
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    first = next(iter(outer_elements(item[1:-1])), ())
    has_words = len(first) > 1 and first[1].type == "inline"
    return Point(start + 1, lines_of(first[1])[1] if has_words else start + 1, end, siblings)
