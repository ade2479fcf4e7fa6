"""Other formats of items (pure): tables whose rows are items, matrices of levels, drawn boxes, points without boxes.

All become lists with boxes, the one format that the rest of the parser reads; a note names what was taken for items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bootstrap.importer.markdown.blocks import Block, Entry, Listing, Prose, Table, TableRow
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.parsed_runbook import Note
from bootstrap.importer.parser.variables import describes_variables
from bootstrap.importer.vocabulary import CHECKLIST, REFERENCES, pattern, plain

_ITEM = pattern("table.item", r"^({})$")
_STATUS = pattern("table.status", r"^({})\??$")
_DONE = pattern("table.done", r"^({})$")
_OPEN = pattern("table.open", r"^({})$")
_GLYPH = pattern("table.box_drawn", r"^(?P<mark>{})\s+", re.NOFLAG)
_FACT = re.compile(r"[^\W\d_][\w /-]{0,40}[:\uff1a]\s+\S")
_KNOWN_FACT = pattern("document.fact", r"(?:{})(?: by| on)?\s?[:\uff1a]")
# Of a column of marks nearly every cell is one; a word or two between is a remark.
MOSTLY = 0.8


def with_items(root: Part) -> list[Note]:
    """Makes items of every format under `root` entries with boxes, in place. Returns notes on what is unsure."""
    notes: list[Note] = []
    for part in root.walk():
        part.blocks = [_with_glyphs(block) for block in part.blocks]
    for checklist in root.outermost(lambda part: CHECKLIST.search(part.title) is not None):
        has_boxes = checklist.has_boxes_within
        facts = _facts_at_head(checklist)
        for part in _with_work(checklist):
            part.blocks = [block if block is facts else _converted(block, has_boxes, notes) for block in part.blocks]
    return [*notes, *_ticked(root)]


def _with_work(part: Part) -> Iterator[Part]:
    """The part and those beneath it without lists of references, whose points are nothing to be done."""
    if not REFERENCES.search(part.title) or CHECKLIST.search(part.title):
        yield part
        for child in part.children:
            yield from _with_work(child)


def _facts_at_head(checklist: Part) -> Listing | None:
    """The first list under the heading, where it is about the document: `- Owner: ops`, `- Last reviewed: …`."""
    head = checklist.listings[0] if checklist.listings else None
    texts = [plain(entry.text) for entry in head.entries] if head else []
    if not all(_FACT.match(text) for text in texts):
        return None
    known = sum(_KNOWN_FACT.match(text) is not None for text in texts)
    has_other_lists = sum(len(part.listings) for part in _with_work(checklist)) > 1
    return head if known == len(texts) or (has_other_lists and known) else None


def _ticked(root: Part) -> Iterator[Note]:
    entries = (entry for part in root.walk() for listing in part.listings for entry in listing.entries)
    for entry in entries:
        if entry.box:
            yield Note(entry.line, "is ticked in the text; ticks are not taken over, people sign")


def _with_glyphs(block: Block) -> Block:
    """The block with drawn boxes as boxes; a paragraph in which each line has one as a list."""
    if isinstance(block, Listing):
        return replace(block, entries=tuple(_boxed(entry) for entry in block.entries))
    if isinstance(block, Prose):
        lines = block.text.split("\n")
        if all(_GLYPH.match(line.strip()) for line in lines):
            points = (Entry(line.strip(), None, None, 0, "", block.first + n) for n, line in enumerate(lines))
            return Listing(tuple(_boxed(point) for point in points), block.first, block.last)
    return block


def _boxed(entry: Entry) -> Entry:
    glyph = _GLYPH.match(entry.text) if entry.box is None else None
    if glyph is None:
        return entry
    return replace(entry, text=entry.text[glyph.end() :], box=glyph["mark"] not in ("[ ]", "☐", "⬜"))


def _converted(block: Block, has_boxes: bool, notes: list[Note]) -> Block:
    if isinstance(block, Table) and not describes_variables(block.header):
        marks = _mark_columns(block)
        item = _item_column(block, marks)
        if item is not None:
            notes.append(Note(block.first, f"the rows of this table were taken as {len(block.rows)} items"))
            entries = tuple(_entry(block, row, item, marks) for row in block.rows)
            return Listing(entries, block.first, block.last)
    if isinstance(block, Listing) and not has_boxes:
        notes.append(Note(block.first, f"these {len(block.entries)} points have no boxes; they were taken as items"))
        return replace(block, entries=tuple(replace(entry, box=False) for entry in block.entries))
    return block


def _item_column(table: Table, marks: Sequence[int]) -> int | None:
    """The index of the column that says what is to be done; None where the rows are no items."""
    free = [index for index in range(len(table.header)) if index not in marks and not _is_numbered(table, index)]
    named = next((index for index in free if _ITEM.match(plain(table.header[index]))), None)
    if not table.rows or (named is None and not marks):
        return None
    if named is not None:
        return named
    return max(free, key=lambda index: sum(len(row.cells[index]) for row in table.rows), default=None)


def _mark_columns(table: Table) -> list[int]:
    """The indexes of columns of marks: done or not, needed at this level or not."""
    columns = []
    for index, title in enumerate(table.header):
        cells = [plain(row.cells[index]) for row in table.rows]
        marks = sum(bool(_DONE.match(cell) or _OPEN.match(cell)) for cell in cells)
        real = any(_DONE.match(cell) for cell in cells)
        if _STATUS.match(plain(title)) or (index and cells and real and marks >= MOSTLY * len(cells)):
            columns.append(index)
    return columns


def _is_numbered(table: Table, index: int) -> bool:
    return all(re.fullmatch(r"#?\d+[.)]?", plain(row.cells[index])) for row in table.rows)


def _entry(table: Table, row: TableRow, item: int, marks: Sequence[int]) -> Entry:
    """The row as an entry; its other cells are the body, levels by the names of their columns."""
    done = [plain(table.header[index]) for index in marks if _DONE.match(plain(row.cells[index]))]
    levels = [title for title in done if not _STATUS.match(title)]
    others = [index for index, cell in enumerate(row.cells) if cell and index != item and index not in marks]
    body = [f"- {table.header[index]}: {row.cells[index]}" for index in others]
    if levels:
        body.append(f"- Needed for: {', '.join(levels)}")
    return Entry(row.cells[item], len(levels) < len(done), None, 0, "\n".join(body), row.line)
