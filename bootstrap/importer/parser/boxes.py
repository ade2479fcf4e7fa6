"""Boxes that are drawn in a text (pure): `[ ]`, ☐, ☑, their entities and emoji codes, and marks that may be boxes.

A tick or a cross alone (✅, ❌) is a box only beside an open one: a list with nothing but ticks reports or compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from bootstrap.importer.markdown.blocks import Block, Code, Heading, Listing, Prose, Table
from bootstrap.importer.parsed_runbook import Note
from bootstrap.importer.vocabulary import pattern, words

_MARKS = rf"(?P<open>{words('box.open')})|(?P<ticked>{words('box.ticked')})"
_MARKS += rf"|(?P<tick>{words('box.tick')})|(?P<cross>{words('box.cross')})"
_AT_START = re.compile(rf"(?:{_MARKS})(?:\s+|\Z|(?=[^\s\w(\[:]))")
_ALONE = re.compile(rf"\s*(?:{_MARKS})\s*")
# Anywhere in a line: where a point, a cell, a quoted line or a sentence begins.
_IN_LINE = pattern("box.open", rf"(?:^|[\s|>*_-])(?:{{}}|{words('box.ticked')})(?=[\s|*_<]|$)", re.NOFLAG)


class Box(Enum):
    OPEN = "open"
    TICKED = "ticked"
    TICK = "tick"
    CROSS = "cross"

    @property
    def is_mark(self) -> bool:
        """Whether it is a mark alone, which is a box only beside an open one."""
        return self in (Box.TICK, Box.CROSS)

    @property
    def is_done(self) -> bool:
        return self in (Box.TICKED, Box.TICK)


@dataclass(frozen=True)
class Boxed:
    """A text that begins with a box, and the text after it."""

    box: Box
    text: str


def box_at_start(text: str) -> Boxed | None:
    """The box that the text begins with."""
    match = _AT_START.match(text)
    return Boxed(Box(match.lastgroup), text[match.end() :].lstrip("\ufe0f ")) if match else None


def box_alone(text: str) -> Box | None:
    """The box that the text consists of, as a cell of a table does."""
    match = _ALONE.fullmatch(text.replace("\ufe0f", ""))
    return Box(match.lastgroup) if match else None


def left_out(blocks: Sequence[Block], items: Sequence[int]) -> Iterator[Note]:
    """Notes on the boxes in these blocks of which no item was made. `items` are the lines of those that became one."""
    taken = set(items)
    for block in blocks:
        if isinstance(block, Listing):
            yield from _within_points(block, taken)
            continue
        if isinstance(block, Heading) and block.first in taken and _IN_LINE.search(_after_box(block.text)):
            yield Note(block.first, "another box within this heading; kept as text, no item was made of it")
        lines = [line for line, text in _lines(block) if line not in taken and _IN_LINE.search(text)]
        for first, last, number in _runs(lines):
            where = f"line {first}" if first == last else f"lines {first} to {last}"
            boxes = "a box" if number == 1 else f"{number} boxes"
            yield Note(first, f"{where}: {boxes} {_PLACES[type(block)]}; kept as text, no item was made of it")


_PLACES = {
    Heading: "in a heading",
    Prose: "in a paragraph, quote or HTML",
    Code: "in a block of code",
    Table: "in a table",
}


def _lines(block: Block) -> Iterator[tuple[int, str]]:
    """(line, text) of all that is written in a block, entries and rows with a box of their own included."""
    match block:
        case Heading():
            yield block.first, block.text
        case Prose() | Code():
            is_fenced = isinstance(block, Code) and block.last - block.first > block.text.count("\n")
            yield from enumerate(block.text.split("\n"), block.first + is_fenced)
        case Table():
            yield block.first, " | ".join(block.header)
            yield from ((row.line, " | ".join(row.cells)) for row in block.rows)


def _after_box(text: str) -> str:
    """The text without the box at its start."""
    boxed = box_at_start(text)
    return boxed.text if boxed else text


def _within_points(listing: Listing, taken: set[int]) -> Iterator[Note]:
    for entry in listing.entries:
        # A drawn box at the start of a text is its own, which `taken` tells.
        own = _after_box(entry.text) if entry.line in taken else entry.text
        if number := sum(_IN_LINE.search(line) is not None for line in f"{own}\n{entry.body}".split("\n")):
            boxes = "a box" if number == 1 else f"{number} boxes"
            yield Note(entry.line, f"{boxes} within this point; kept as text, no item was made of it")


def _runs(lines: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(first, last, number) of lines without a line between."""
    for _, run in groupby(enumerate(lines), lambda pair: pair[1] - pair[0]):
        numbers = [line for _, line in run]
        yield numbers[0], numbers[-1], len(numbers)
