"""What differs between two versions of a text, line by line (pure)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

CONTEXT = 2  # lines around a change


@dataclass(frozen=True)
class DifferenceLine:
    """A line of a difference. `sign` is `+`, `-` or a blank; lines that are left out are one `…`."""

    sign: str
    text: str


def difference(old: str, new: str) -> list[DifferenceLine]:
    """From `old` to `new`; none where they are equal."""
    lines = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=CONTEXT))[2:]
    return [DifferenceLine(" ", "…") if line.startswith("@@") else DifferenceLine(line[:1], line[1:]) for line in lines]
