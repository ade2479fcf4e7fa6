"""Tables whose rows are items (pure): steps with a status, matrices of levels, cells with boxes.

A table of ticks and crosses alone compares: it becomes items where a column says what is to be done, or has a box.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bootstrap.importer.markdown.blocks import Entry, Listing, Table, TableRow
from bootstrap.importer.parsed_runbook import Note
from bootstrap.importer.parser.boxes import Box, box_alone, box_at_start
from bootstrap.importer.parser.level_words import rung_of
from bootstrap.importer.parser.variables.tables import describes_variables
from bootstrap.importer.vocabulary import pattern, plain

_ITEM = pattern("table.item", r"^({})(?: (?:name|title))?$")
_STATUS = pattern("table.status", r"^({})\??$")
_LEVEL = pattern("level.column", r"^(?:{})$")
_DONE = pattern("table.done", r"^({})$")
_OPEN = pattern("table.open", r"^({})$")
_LINE_BREAK = re.compile(r"\s*<br\s*/?>\s*", re.IGNORECASE)
_POINT = re.compile(r"^[-*+]\s+(?=\S)")
# Of a column of marks nearly every cell is one; a word or two between is a remark.
MOSTLY = 0.8


def rows_with_boxes(table: Table, notes: list[Note]) -> Listing | None:
    """The items of a table in which cells are boxes or begin with one; None where it has none. Adds a note on them."""
    if not any(_has_box(cell) for row in _all_rows(table) for cell in row.cells):
        return None
    whole = replace(table, rows=tuple(_all_rows(table)), header=_header(table))
    marks = mark_columns(whole)
    item = _item_column(whole, marks)
    entries = [entry for row in whole.rows for entry in _boxed_entries(whole, row, item, marks)]
    if not entries:
        return None
    notes.append(_taken(table, sum(entry.box is not None for entry in entries)))
    if len(boxed := [plain(whole.header[index]) for index in marks if _is_boxed(whole, index)]) > 1:
        columns = ", ".join(filter(None, boxed)) or "of this table"
        notes.append(Note(table.first, f"the boxes in the columns {columns} of a row are one item, signed in each run"))
    return Listing(tuple(entries), table.first, table.last)


def rows_as_items(table: Table, notes: list[Note]) -> Listing | None:
    """The items of a table under a heading called checklist; adds to `notes` what was taken for items, or was not."""
    if describes_variables(table.header):
        return None
    marks = mark_columns(table)
    item = _item_column(table, marks)
    if item is None:
        return None
    if _compares(table, marks):
        notes.append(Note(table.first, "this table of ticks and crosses has no column of tasks; it was kept as text"))
        return None
    notes.append(_taken(table, len(table.rows)))
    return Listing(tuple(_entry(table, row, item, marks) for row in table.rows), table.first, table.last)


def _taken(table: Table, number: int) -> Note:
    rows = "the row of this table was taken as an item" if number == 1 else f"{number} rows of this table are items"
    return Note(table.first, rows)


def mark_columns(table: Table) -> list[int]:
    """The indexes of columns of marks: done or not, needed at this level or not."""
    columns = []
    for index, title in enumerate(table.header):
        cells = [plain(row.cells[index]) for row in table.rows]
        marks = sum(bool(_DONE.match(cell) or _OPEN.match(cell)) for cell in cells)
        has_boxes = any(box_alone(cell) in (Box.OPEN, Box.TICKED) for cell in cells)
        is_real = has_boxes or (index and any(_DONE.match(cell) for cell in cells))
        if _LEVEL.match(plain(title)):  # `must` and `optional` are words there, no marks
            continue
        if _STATUS.match(plain(title)) or (cells and is_real and marks >= MOSTLY * len(cells)):
            columns.append(index)
    return columns


def _all_rows(table: Table) -> Iterator[TableRow]:
    """The rows, the header among them where it has a box: `| ☐ | Backups |` above the line is a row as well."""
    if any(_has_box(cell) for cell in table.header):
        yield TableRow(table.header, table.first)
    yield from table.rows


def _header(table: Table) -> tuple[str, ...]:
    return ("",) * len(table.header) if any(_has_box(cell) for cell in table.header) else table.header


def _has_box(cell: str) -> bool:
    return any(_box_of(piece) or box_alone(piece) in (Box.OPEN, Box.TICKED) for piece in _LINE_BREAK.split(cell))


def _box_of(piece: str) -> tuple[bool, str] | None:
    """(ticked, text) of a piece of a cell that is a box with words after it."""
    boxed = box_at_start(_POINT.sub("", piece.strip()))
    if boxed is None or boxed.box.is_mark or not boxed.text:
        return None
    return boxed.box is Box.TICKED, boxed.text


def _boxed_entries(table: Table, row: TableRow, item: int | None, marks: Sequence[int]) -> Iterator[Entry]:
    """An entry for each box with words after it, else one for the row; without a box where none of its cells is one
    and no column says what is to be done."""
    pieces = [(index, box) for index, cell in enumerate(row.cells) for box in _pieces(cell)]
    for _, (ticked, text) in pieces:
        body = _others(table, row, {index for index, _ in pieces} | set(marks))
        yield Entry(text, ticked, None, 0, "\n".join(body), row.line)
    if not pieces and item is not None and row.cells[item]:
        yield _entry(table, row, item, marks)
    elif not pieces and any(row.cells):
        yield Entry(" | ".join(filter(None, row.cells)), None, None, 0, "", row.line)


def _pieces(cell: str) -> list[tuple[bool, str]]:
    return [box for piece in _LINE_BREAK.split(cell) if (box := _box_of(piece))]


def _item_column(table: Table, marks: Sequence[int]) -> int | None:
    """The index of the column that says what is to be done; None where the rows are no items."""
    free = [index for index in range(len(table.header)) if index not in marks and not _is_numbered(table, index)]
    named = next((index for index in free if _ITEM.match(plain(table.header[index]))), None)
    if not table.rows or (named is None and not marks):
        return None
    if named is not None:
        return named
    return max(free, key=lambda index: sum(len(row.cells[index]) for row in table.rows), default=None)


def _compares(table: Table, marks: Sequence[int]) -> bool:
    """Whether it is a comparison: emoji ticks and crosses, no column of tasks or of a status, and no box."""
    titles = [plain(title) for title in table.header]
    if any(_ITEM.match(title) or _STATUS.match(title) for title in titles):
        return False
    boxes = {box_alone(row.cells[index]) for row in table.rows for index in marks} - {None}
    return bool(boxes) and all(box is not None and box.is_mark for box in boxes)


def _is_numbered(table: Table, index: int) -> bool:
    return all(re.fullmatch(r"#?\d+[.)]?", plain(row.cells[index])) for row in table.rows)


def _entry(table: Table, row: TableRow, item: int, marks: Sequence[int]) -> Entry:
    """The row as an entry; its other cells are the body, levels by the names of their columns."""
    done = [index for index in marks if _DONE.match(plain(row.cells[index]))]
    levels = [plain(table.header[index]) for index in done if not _is_boxed(table, index)]
    levels = [title for title in levels if title and not _STATUS.match(title)]
    body = _others(table, row, {item, *marks})
    if levels:
        body.append(f"- Needed for: {', '.join(levels)}")
    return Entry(row.cells[item], len(levels) < len(done), None, 0, "\n".join(body), row.line)


def _is_boxed(table: Table, index: int) -> bool:
    """Whether the boxes of the column are to be ticked: those of a level say what it needs."""
    if rung_of(plain(table.header[index])):
        return False
    return any(box_alone(row.cells[index]) in (Box.OPEN, Box.TICKED) for row in table.rows)


def _others(table: Table, row: TableRow, taken: set[int]) -> list[str]:
    """The cells that are not `taken`, as points under the titles of their columns."""
    cells = [(table.header[index], cell) for index, cell in enumerate(row.cells) if cell and index not in taken]
    return [f"- {title}: {cell}" if title else f"- {cell}" for title, cell in cells]
