"""Tables with one cell a line (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.importer.flattened.lines import Line, is_delimiter
from bootstrap.importer.markdown.table_cells import PIPE, fitted, row_as_markdown, unescaped
from bootstrap.importer.parsed_runbook import Note

# A header is cut into a few lines at most; beyond that a line with a pipe is something else.
MOST_HEADER_LINES = 12


@dataclass(frozen=True)
class RepairedTable:
    """An ordinary table as `lines` (header, delimiter, body); `end` is the index of the source line after it."""

    header: tuple[str, ...]
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
    rows = _rows(lines, delimiter + 1, columns)
    head = [
        Line(row_as_markdown(header), start + 1, delimiter),
        Line(row_as_markdown(["---"] * columns), delimiter + 1, delimiter + 1),
    ]
    body = [Line(row_as_markdown(fitted(cells, columns)), first, last) for cells, first, last in rows]
    notes = [
        Note(first, f"a row with {len(cells)} cells in a table with {columns} columns")
        for cells, first, _ in rows
        if len(cells) != columns
    ]
    return RepairedTable(tuple(header), head + body, notes)


def _delimiter_after(lines: Sequence[str], start: int) -> int | None:
    if not lines[start].lstrip().startswith("|") or is_delimiter(lines[start]):
        return None
    for index in range(start + 1, min(start + MOST_HEADER_LINES, len(lines))):
        if is_delimiter(lines[index]):
            return index
        if not lines[index].rstrip().endswith("|"):
            return None
    return None


def _rows(lines: Sequence[str], start: int, columns: int) -> list[tuple[list[str], int, int]]:
    """The cells of each row with the numbers of its first and last line; each line ends with a pipe."""
    rows: list[tuple[list[str], int, int]] = []
    for index in range(start, len(lines)):
        line = lines[index].strip()
        if not line.endswith("|"):
            break
        is_new = not rows or line.startswith("|") or len(rows[-1][0]) >= columns
        cells, first, _ = ([], index + 1, 0) if is_new else rows.pop()
        rows.append(([*cells, *_cells(line)], first, index + 1))
    return rows


def _cells(line: str) -> list[str]:
    """The cells of a line; the pipe at its start and the one at its end enclose, they do not divide."""
    return [unescaped(cell) for cell in PIPE.split(line.strip().removeprefix("|").removesuffix("|"))]
