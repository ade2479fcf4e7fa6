"""Other formats of items (pure): tables whose rows are items, drawn boxes, headings with a box, points without boxes.

All become lists with boxes, the one format that the rest of the parser reads; a note names what was taken for items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from bootstrap.importer.markdown.blocks import Block, Entry, Listing, Prose, Table
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.parsed_runbook import Note
from bootstrap.importer.parser.boxes import Box, box_at_start
from bootstrap.importer.parser.item_settings import split_settings, with_settings_apart
from bootstrap.importer.parser.item_tables import rows_as_items, rows_with_boxes
from bootstrap.importer.parser.level_words import legend_of
from bootstrap.importer.vocabulary import CHECKLIST, REFERENCES, pattern, plain

_FACT = re.compile(r"[^\W\d_][\w /-]{0,40}[:\uff1a]\s+\S")
_KNOWN_FACT = pattern("document.fact", r"(?:{})(?: by| on)?\s?[:\uff1a]")
# A point of a table of contents: nothing but a link to a heading of the same document.
_CONTENTS = re.compile(r"\[[^\]]{1,300}\]\(#[^)\s]{0,300}\)\W{0,3}")


def with_items(root: Part) -> list[Note]:
    """Makes items of every format under `root` entries with boxes, in place. Returns notes on what is unsure."""
    notes: list[Note] = []
    for part in root.walk():
        boxed = [*_from_heading(part), *(new for block in part.blocks for new in _with_boxes(block, notes))]
        part.blocks = [with_settings_apart(block) for block in boxed]
    for checklist in root.outermost(lambda part: CHECKLIST.search(part.title) is not None):
        has_boxes = checklist.has_boxes_within
        facts = _facts_at_head(checklist)
        for part in _with_work(checklist):
            converted = (block if block is facts else _converted(block, has_boxes, notes) for block in part.blocks)
            part.blocks = [with_settings_apart(block) for block in converted]
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


def _from_heading(part: Part) -> Iterator[Listing]:
    """The item of a heading that begins with a box."""
    boxed = box_at_start(part.title)
    if boxed and boxed.text and not boxed.box.is_mark:
        part.title = split_settings(boxed.text)[0]
        yield Listing((Entry(boxed.text, boxed.box is Box.TICKED, None, 0, "", part.line),), part.line, part.line)


def _with_boxes(block: Block, notes: list[Note]) -> Iterator[Block]:
    """The block with drawn boxes as boxes: of a list, of lines of a paragraph, of cells of a table."""
    match block:
        case Listing():
            yield _listing(block, notes)
        case Prose():
            yield from _paragraph(block, notes)
        case Table():
            yield rows_with_boxes(block, notes) or block
        case _:
            yield block


def _listing(block: Listing, notes: list[Note]) -> Listing:
    boxes = [box_at_start(entry.text) if entry.box is None else None for entry in block.entries]
    has_open = any(entry.box is False for entry in block.entries)
    has_open = has_open or any(boxed and boxed.box is Box.OPEN for boxed in boxes)
    told = [boxed for boxed in boxes if boxed and boxed.box.is_mark]
    if told and not has_open:
        points = "this point begins" if len(told) == 1 else f"{len(told)} points begin"
        notes.append(Note(block.first, f"{points} with a tick or cross, and none beside is open; kept as text"))
    return replace(
        block,
        entries=tuple(
            replace(entry, text=boxed.text, box=boxed.box.is_done)
            if boxed and (has_open or not boxed.box.is_mark)
            else entry
            for entry, boxed in zip(block.entries, boxes, strict=True)
        ),
    )


def _paragraph(block: Prose, notes: list[Note]) -> Iterator[Block]:
    """Lines that begin with a box as a list, with the lines between them; what stands before them stays prose."""
    lines = block.text.split("\n")
    first = next((number for number, line in enumerate(lines) if _is_box(line)), None)
    if first is None or block.text.startswith((" ", "\t", "<", "---\n", "+++\n")):
        yield block
        return
    if first:
        yield Prose("\n".join(lines[:first]), block.first, block.first + first - 1)
    entries: list[Entry] = []
    for number, line in enumerate(lines[first:], block.first + first):
        if _is_box(line) or not entries:
            entries.append(Entry(line.strip(), None, None, 0, "", number))
        else:
            entries[-1] = replace(entries[-1], text=f"{entries[-1].text} {line.strip()}")
    yield _listing(Listing(tuple(entries), block.first + first, block.last), notes)


def _is_box(line: str) -> bool:
    boxed = box_at_start(line.strip())
    return boxed is not None and not boxed.box.is_mark


def _converted(block: Block, has_boxes: bool, notes: list[Note]) -> Block:
    if isinstance(block, Table):
        return rows_as_items(block, notes) or block
    if not isinstance(block, Listing) or has_boxes or any(_is_report(entry) for entry in block.entries):
        return block
    if is_contents(block):
        notes.append(Note(block.first, f"these {len(block.entries)} points are a table of contents; kept as text"))
        return block
    if legend_of([block]):
        notes.append(Note(block.first, "these points say what the codes of levels mean; kept as text"))
        return block
    notes.append(Note(block.first, f"these {len(block.entries)} points have no boxes; they were taken as items"))
    return replace(block, entries=tuple(replace(entry, box=False) for entry in block.entries))


def is_contents(listing: Listing) -> bool:
    """Whether each point is nothing but a link to a heading of the same document."""
    return all(_CONTENTS.fullmatch(entry.text.strip()) for entry in listing.entries)


def _is_report(entry: Entry) -> bool:
    boxed = box_at_start(entry.text)
    return boxed is not None and boxed.box.is_mark
