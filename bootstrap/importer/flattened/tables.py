"""Tables whose cells lie one to a line (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bootstrap.importer.flattened.lines import is_delimiter
from bootstrap.importer.parsed import Note

_PIPE = re.compile(r"(?<!\\)\|")
# A header is cut into a few lines at most; beyond that a line with a pipe is something else.
MOST_HEADER_LINES = 12


@dataclass
class FoundTable:
    """Rows of an ordinary table (header, delimiter, body) with the indexes of their first and last lines."""

    rows: list[str]
    spans: list[tuple[int, int]]
    end: int
    header: list[str]
    notes: list[Note] = field(default_factory=list)


def read_table(lines: Sequence[str], start: int) -> FoundTable | None:
    """The table that begins at `start`, or None. `end` is the index of the first line after it."""
    delimiter = _delimiter_after(lines, start)
    if delimiter is None:
        return None
    columns = len(_cells(lines[delimiter]))
    header = _cells(" ".join(lines[start:delimiter]))
    if len(header) != columns:
        return None
    found = FoundTable(
        [_row(header), _row(["---"] * columns)], [(start, delimiter - 1), (delimiter, delimiter)], 0, header
    )
    found.end = _read_rows(lines, delimiter + 1, columns, found)
    return found


def _delimiter_after(lines: Sequence[str], start: int) -> int | None:
    if not lines[start].lstrip().startswith("|") or is_delimiter(lines[start]):
        return None
    for index in range(start + 1, min(start + MOST_HEADER_LINES, len(lines))):
        if is_delimiter(lines[index]):
            return index
        if not lines[index].rstrip().endswith("|"):
            return None
    return None


def _read_rows(lines: Sequence[str], index: int, columns: int, found: FoundTable) -> int:
    """Rows of `columns` cells, each over one or more lines that end with a pipe; returns the index after them."""
    cells: list[str] = []
    first = index
    while index < len(lines) and lines[index].rstrip().endswith("|"):
        line = lines[index].strip()
        if cells and line.startswith("|"):
            _close_row(found, cells, columns, first, index - 1)
            cells = []
        first = index if not cells else first
        cells += _cells(line)
        index += 1
        if len(cells) >= columns:
            _close_row(found, cells, columns, first, index - 1)
            cells = []
    if cells:
        _close_row(found, cells, columns, first, index - 1)
    return index


def _close_row(found: FoundTable, cells: list[str], columns: int, first: int, last: int) -> None:
    if len(cells) != columns:
        found.notes.append(Note(first + 1, f"a row with {len(cells)} cells in a table with {columns} columns"))
    kept = [*cells[: columns - 1], " | ".join(cells[columns - 1 :])] if len(cells) > columns else cells
    found.rows.append(_row([*kept, *[""] * (columns - len(kept))]))
    found.spans.append((first, last))


def _cells(line: str) -> list[str]:
    """The cells of a line; the pipe at its start and the one at its end enclose, they do not divide."""
    text = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in _PIPE.split(text)]


def _row(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {_PIPE.sub(lambda _: chr(92) + '|', cell)} " for cell in cells) + "|"
