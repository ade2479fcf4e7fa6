"""Blocks of a markdown text with their lines (pure).

Inline markdown (code spans, links, emphasis) stays as it was written. `first` and `last` are line numbers of the
source, from 1, both included.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    level: int
    text: str
    first: int
    last: int


@dataclass(frozen=True)
class Prose:
    """Paragraphs, quotes, rules, HTML: what is only shown. `text` is the source, lines joined by newlines."""

    text: str
    first: int
    last: int


@dataclass(frozen=True)
class Code:
    language: str
    text: str
    first: int
    last: int


@dataclass(frozen=True)
class TableRow:
    cells: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Table:
    """`rows` without the header; each row has as many cells as the header."""

    header: tuple[str, ...]
    rows: tuple[TableRow, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Entry:
    """One point of a list. `box` is None without a checkbox, `number` without one; `depth` counts from 0.

    `text` is its first paragraph on one line, `body` the rest before its sub-points. `settings` is the comment that
    stood at the end of its text (`item_settings.py`).
    """

    text: str
    box: bool | None
    number: int | None
    depth: int
    body: str
    line: int
    settings: str = ""


@dataclass(frozen=True)
class Listing:
    """A list with all nested points in reading order."""

    entries: tuple[Entry, ...]
    first: int
    last: int

    @property
    def has_boxes(self) -> bool:
        return any(entry.box is not None for entry in self.entries)


Block = Heading | Prose | Code | Table | Listing
