"""Tables with one cell a line (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bootstrap.importer.flattened.lines import Line, is_delimiter
from bootstrap.importer.parsed_runbook import Note

_PIPE = re.compile(r"(?<!\\)\|")
# A header is cut into a few lines at most; beyond that a line with a pipe is something else.
MOST_HEADER_LINES = 12


@dataclass(frozen=True)
class RepairedTable:
    """An ordinary table as `lines` (header, delimiter, body); `end` is the index of the source line after it."""

    header: list[str]
    lines: list[Line]
    notes: list[Note]

    @property
    def end(self) -> int:
        return self.lines[-1].last


def read_table(lines: Sequence[str], start: int) -> RepairedTable | None:
    """The table that begins at `start`, or None."""
    delimiter = _delimiter_after(lines, start)
    if delimiter is None:
        return None
    columns = len(_cells(lines[delimiter]))
    header = _cells(" ".join(lines[start:delimiter]))
    if len(header) != columns:
        return None
    rows = list(_rows(lines, delimiter + 1, columns))
    head = [Line(_joined(header), start + 1, delimiter), Line(_joined(["---"] * columns), delimiter + 1, delimiter + 1)]
    body = [Line(_joined(_fitted(cells, columns)), first + 1, last + 1) for cells, first, last in rows]
    notes = [
        Note(first + 1, f"a row with {len(cells)} cells in a table with {columns} columns")
        for cells, first, _ in rows
        if len(cells) != columns
    ]
    return RepairedTable(header, head + body, notes)


def _delimiter_after(lines: Sequence[str], start: int) -> int | None:
    if not lines[start].lstrip().startswith("|") or is_delimiter(lines[start]):
        return None
    for index in range(start + 1, min(start + MOST_HEADER_LINES, len(lines))):
        if is_delimiter(lines[index]):
            return index
        if not lines[index].rstrip().endswith("|"):
            return None
    return None


def _rows(lines: Sequence[str], index: int, columns: int) -> Iterator[tuple[list[str], int, int]]:
    """The cells of each row with the indexes of its first and last line, each of which ends with a pipe."""
    cells: list[str] = []
    first = index
    while index < len(lines) and lines[index].rstrip().endswith("|"):
        line = lines[index].strip()
        if cells and line.startswith("|"):
            yield cells, first, index - 1
            cells = []
        first = first if cells else index
        cells = [*cells, *_cells(line)]
        index += 1
        if len(cells) >= columns:
            yield cells, first, index - 1
            cells = []
    if cells:
        yield cells, first, index - 1


def _fitted(cells: list[str], columns: int) -> list[str]:
    """As many cells as the table has columns: what is too much goes into the last one."""
    kept = [*cells[: columns - 1], " | ".join(cells[columns - 1 :])] if len(cells) > columns else cells
    return kept + [""] * (columns - len(kept))


def _cells(line: str) -> list[str]:
    """The cells of a line; the pipe at its start and the one at its end enclose, they do not divide."""
    text = line.strip().removeprefix("|").removesuffix("|")
    return [cell.strip() for cell in _PIPE.split(text)]


def _joined(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {_PIPE.sub(lambda _: chr(92) + '|', cell)} " for cell in cells) + "|"
