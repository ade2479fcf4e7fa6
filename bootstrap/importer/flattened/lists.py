"""Lists whose points run together across lines (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bootstrap.importer.flattened.lines import Line, is_open, starts_list

_NEXT_BOX = re.compile(r"\s-\s(?=\[[ xX]\](?:\s|$))")
_NEXT_POINT = re.compile(r"\s-\s(?=[A-Z])")
_BOX_ONLY = re.compile(r"\[[ xX]\]$")


def read_list(lines: Sequence[str], start: int) -> tuple[list[Line], int]:
    """The points, without their marks, of the list that begins at `start`, and the index of the line after it.

    A line without a mark continues where the text before it cannot end, or where it contains another point.
    """
    points: list[Line] = []
    index = start
    while index < len(lines):
        line = lines[index].strip()
        if starts_list(lines[index]):
            points += _split(line[1:].strip(), index + 1, is_first=True)
        elif line and points and (_continues(points[-1].text) or _NEXT_POINT.search(line)):
            first, *others = _split(line, index + 1, is_first=False)
            points[-1] = replace(points[-1], text=f"{points[-1].text} {first.text}".strip(), last=index + 1)
            points += others
        else:
            break
        index += 1
    return points, index


def _continues(text: str) -> bool:
    return _BOX_ONLY.fullmatch(text) is not None or is_open(text)


def _split(line: str, number: int, *, is_first: bool) -> list[Line]:
    """The points within one line. Plain ones are divided only on lines that continue: elsewhere a dash is a dash."""
    pieces = _NEXT_BOX.split(line)
    if not is_first and len(pieces) == 1:
        pieces = _NEXT_POINT.split(line)
    return [Line(piece.strip(), number, number) for piece in pieces]
