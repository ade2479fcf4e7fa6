"""Flattened markdown repaired to ordinary markdown (pure).

Runbooks copied out of a rendered page have no blank lines, `#` and fences; each table cell is on a line of its own,
points of a list run together, and so does code with the words beside it. A repaired line keeps the numbers of the lines
that it was made from, and a note names each guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from bootstrap.importer.flattened.lines import Line, escaped, is_code, is_delimiter, is_heading, level_of, starts_list
from bootstrap.importer.flattened.lists import read_list
from bootstrap.importer.flattened.split_code import CodeSplitter
from bootstrap.importer.flattened.tables import read_table
from bootstrap.importer.parsed_runbook import Note
from bootstrap.importer.parser.variables.tables import describes_variables

_BOX = re.compile(r"\s*- \[[ xX]\](?:\s|$)")
_RUN_ON = re.compile(r"\S - \[[ xX]\][ \t]*$", re.MULTILINE)
# Its words are in the next line: one that is a point itself has words of its own.
_BARE_BOX = re.compile(r"^[ \t]*- \[[ xX]\][ \t]*\n(?![ \t]*(?:[-*+]|\d+[.)])[ \t])[ \t]*\S", re.MULTILINE)
# In ordinary markdown a tenth of the lines or more is blank, in flattened text hardly any.
FEW_BLANKS = 0.05
# Paragraphs were wrapped at about ninety characters: a sentence that ends well before that ends its paragraph.
SHORT_LINE = 70


@dataclass(frozen=True)
class Repaired:
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


def is_flattened(text: str) -> bool:
    """Whether there is hardly a blank line and lists or tables are broken up as copying a rendered page does."""
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
    reader = _Reader(text)
    lines = [line for block in reader.blocks() for line in (Line(""), *block)]
    return Repaired(tuple(lines[1:]), tuple(reader.notes))


class _Reader:
    """Walks over the lines, one block at a time; `at` is the index of the next line."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self.splitter = CodeSplitter(text)
        self.notes: list[Note] = []
        self.at = 0
        self.has_chapter = False

    def blocks(self) -> Iterator[list[Line]]:
        while self.at < len(self.lines):
            if not self.lines[self.at].strip():
                self.at += 1
            else:
                yield self._table() or self._list() or self._code() or self._heading() or self._paragraph()

    def _table(self) -> list[Line]:
        table = read_table(self.lines, self.at)
        if table is None:
            return []
        self.at = table.end
        self.notes.extend(table.notes)
        return table.lines

    def _list(self) -> list[Line]:
        if not starts_list(self.lines[self.at]):
            return []
        points, self.at = read_list(self.lines, self.at)
        repaired: list[Line] = []
        for point in points:
            text, notes = self.splitter.split(point.text, point.first)
            self.notes.extend(notes)
            repaired.append(replace(point, text=f"- {text}"))
        return repaired

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
            if table and describes_variables(table.header):
                return True
            if is_heading(self.lines, later):
                return False
        return False

    def _paragraph(self) -> list[Line]:
        """Lines up to the next block, or to a short line that ends a sentence."""
        paragraph: list[Line] = []
        while self.at < len(self.lines) and self.lines[self.at].strip():
            text = self.lines[self.at].strip()
            paragraph.append(Line(escaped(text), self.at + 1, self.at + 1))
            self.at += 1
            if self._ends_after(text):
                break
        return paragraph

    def _ends_after(self, text: str) -> bool:
        if self.at >= len(self.lines):
            return True
        following = self.lines[self.at]
        if starts_list(following) or read_table(self.lines, self.at) or is_heading(self.lines, self.at):
            return True
        if text.endswith(":"):
            return is_code(following)
        return text.endswith(".") and len(text) < SHORT_LINE
