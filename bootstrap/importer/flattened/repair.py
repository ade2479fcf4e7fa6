"""Markdown that lost its marks, made ordinary again (pure).

Runbooks copied out of a rendered page come without blank lines, `#` and fences, with table cells one to a line, list
points run together and code glued to the words beside it. Each repaired line remembers the lines it was made from,
and what was guessed is noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bootstrap.importer.flattened.lines import escaped, is_code, is_delimiter, is_heading, level_of, starts_list
from bootstrap.importer.flattened.lists import read_list
from bootstrap.importer.flattened.split_code import Glue
from bootstrap.importer.flattened.tables import read_table
from bootstrap.importer.markdown.blocks import Table
from bootstrap.importer.parsed import Note
from bootstrap.importer.parser.variable_tables import is_variable_table

_BOX = re.compile(r"\s*- \[[ xX]\](?:\s|$)")
_RUN_ON = re.compile(r"\S - \[[ xX]\][ \t]*$", re.MULTILINE)
_BARE_BOX = re.compile(r"^[ \t]*- \[[ xX]\][ \t]*$", re.MULTILINE)
# Of ordinary markdown a tenth and more is blank lines; in what was flattened there are hardly any.
FEW_BLANKS = 0.05


@dataclass(frozen=True)
class Line:
    """A repaired line and the lines of the source, from 1, that went into it; both 0 for one that was put in."""

    text: str
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Repaired:
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def is_flattened(text: str) -> bool:
    """Whether lists or tables are broken up as rendering to plain text breaks them, with hardly a blank line."""
    lines = text.strip().split("\n")
    blank = sum(not line.strip() for line in lines)
    if len(lines) == 1 or blank > FEW_BLANKS * len(lines):
        return False
    return bool(_RUN_ON.search(text) or _BARE_BOX.search(text)) or any(
        is_delimiter(line) and not following.lstrip().startswith("|") and following.rstrip().endswith("|")
        for line, following in pairwise(lines)
    )


def repair(text: str) -> Repaired:
    """Ordinary markdown with a blank line between blocks."""
    lines = text.split("\n")
    notes: list[Note] = []
    blocks = list(_Reader(lines, Glue(text), notes).blocks())
    out: list[Line] = []
    for block in blocks:
        if out:
            out.append(Line(""))
        out += block
    return Repaired(tuple(out), tuple(sorted(notes, key=lambda note: note.line)))


class _Reader:
    """Walks over the lines, one block at a time; `at` is the index of the next line."""

    def __init__(self, lines: Sequence[str], glue: Glue, notes: list[Note]) -> None:
        self.lines = lines
        self.glue = glue
        self.notes = notes
        self.at = 0
        self.has_chapter = False

    def blocks(self) -> Iterator[list[Line]]:
        while self.at < len(self.lines):
            if not self.lines[self.at].strip():
                self.at += 1
            else:
                yield self._table() or self._list() or self._code() or self._heading() or self._paragraph()

    def _table(self) -> list[Line]:
        found = read_table(self.lines, self.at)
        if found is None:
            return []
        self.at = found.end
        self.notes.extend(found.notes)
        return [Line(text, first + 1, last + 1) for text, (first, last) in zip(found.rows, found.spans, strict=True)]

    def _list(self) -> list[Line]:
        if not starts_list(self.lines[self.at]):
            return []
        points, self.at = read_list(self.lines, self.at)
        repaired = [(self.glue.split(point.text, point.first + 1), point) for point in points]
        self.notes.extend(note for split, _ in repaired for note in split.notes)
        return [Line(f"- {split.text}", point.first + 1, point.last + 1) for split, point in repaired]

    def _code(self) -> list[Line]:
        if self.at == 0 or not self.lines[self.at - 1].rstrip().endswith(":") or not is_code(self.lines[self.at]):
            return []
        start = self.at
        while self.at < len(self.lines) and is_code(self.lines[self.at]):
            self.at += 1
        code = [Line(self.lines[index], index + 1, index + 1) for index in range(start, self.at)]
        return [Line("```"), *code, Line("```")]

    def _heading(self) -> list[Line]:
        if not is_heading(self.lines, self.at):
            return []
        level = level_of(self.lines, self.at, self._is_section(self.at), self.has_chapter)
        self.has_chapter = self.has_chapter or level == 2
        text, number = self.lines[self.at].strip(), self.at + 1
        self.at += 1
        if level > 1:
            self.notes.append(Note(number, f"has no mark of a heading; taken as one of level {level}: {text}"))
        return [Line(f"{'#' * level} {text}", number, number)]

    def _is_section(self, index: int) -> bool:
        """Whether boxes or a table of variables come before the next heading."""
        for later in range(index + 1, len(self.lines)):
            if _BOX.match(self.lines[later]):
                return True
            table = read_table(self.lines, later)
            if table and is_variable_table(Table(tuple(table.header), (), 0, 0)):
                return True
            if is_heading(self.lines, later):
                return False
        return False

    def _paragraph(self) -> list[Line]:
        """Lines up to the next block, or to a short line that ends a sentence."""
        found: list[Line] = []
        while self.at < len(self.lines) and self.lines[self.at].strip():
            text = self.lines[self.at].strip()
            found.append(Line(escaped(text), self.at + 1, self.at + 1))
            self.at += 1
            if self._ends_after(text):
                break
        return found

    def _ends_after(self, text: str) -> bool:
        if self.at >= len(self.lines):
            return True
        following = self.lines[self.at]
        if starts_list(following) or read_table(self.lines, self.at) or is_heading(self.lines, self.at):
            return True
        if text.endswith(":"):
            return is_code(following)
        return text.endswith(".") and len(text) < SHORT_LINE


# Paragraphs were wrapped at about ninety characters: a sentence that ends well before that ends its paragraph.
SHORT_LINE = 70
