"""Lists whose points run together over lines (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.importer.flattened.lines import is_open, starts_list

_NEXT_BOX = re.compile(r"\s-\s(?=\[[ xX]\](?:\s|$))")
_NEXT_POINT = re.compile(r"\s-\s(?=[A-Z])")
_BOX_ONLY = re.compile(r"\[[ xX]\]$")


@dataclass
class Point:
    """A point's text without its mark, and the indexes of the first and last line it lies on."""

    text: str
    first: int
    last: int


def read_list(lines: Sequence[str], start: int) -> tuple[list[Point], int]:
    """The points of the list that begins at `start`, and the index of the first line after it.

    A line without a mark goes on where the text before it cannot end, or where it has a further point within it.
    """
    points: list[Point] = []
    index = start
    while index < len(lines):
        line = lines[index].strip()
        if starts_list(lines[index]):
            points += _split(line[1:].strip(), index, is_first=True)
        elif line and points and (_goes_on(points[-1].text) or _NEXT_POINT.search(line)):
            pieces = _split(line, index, is_first=False)
            points[-1] = Point(f"{points[-1].text} {pieces[0].text}".strip(), points[-1].first, index)
            points += pieces[1:]
        else:
            break
        index += 1
    return points, index


def _goes_on(text: str) -> bool:
    return _BOX_ONLY.fullmatch(text) is not None or is_open(text)


def _split(line: str, index: int, *, is_first: bool) -> list[Point]:
    """The points within one line. Plain ones are divided only on lines that go on: elsewhere a dash is a dash."""
    pieces = _NEXT_BOX.split(line)
    if not is_first and len(pieces) == 1:
        pieces = _NEXT_POINT.split(line)
    return [Point(piece.strip(), index, index) for piece in pieces]
