"""A text with its checklists, and the lines in which each section and item lies (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from bootstrap.importer.editing.lines import TextLines
from bootstrap.importer.markdown.blocks import Block, Heading, Table
from bootstrap.importer.markdown.points import Point, points_of
from bootstrap.importer.parsed_runbook import ChecklistPart, ItemRow, ParsedRunbook, SectionRow
from bootstrap.importer.parser.boxes import box_at_start
from bootstrap.importer.parser.item_settings import ItemSettings, read_settings, split_settings
from bootstrap.importer.text_to_runbook import read_runbook

POINT, ROW, HEADING, LINE = "a point", "a row of a table", "a heading", "a line of a paragraph"
_POINT_LEAD = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]+|$)")
_HEADING_LEAD = re.compile(r"[ ]{0,3}(?:#{1,6}[ \t]+)?")
_BOX = re.compile(r"\[[ xX]\](?:[ \t]+|$)")


@dataclass(frozen=True)
class ItemPlace:
    """An item by its lines, all included: `words_end` is the last line of its words, `own_end` the last before its
    sub-items, `last` that of those too. `lead` is what stands before its words: indentation, mark and box. `settings`
    is its comment. `group` names its list or table; `nth` counts the items that begin in one line."""

    ref: str
    row: ItemRow
    section: str
    form: str
    line: int
    words_end: int
    own_end: int
    last: int
    lead: str
    settings: str
    group: int
    nth: int

    @property
    def token(self) -> tuple[int, int]:
        return self.line, self.nth

    @property
    def settled(self) -> ItemSettings:
        return read_settings(self.settings)


@dataclass(frozen=True)
class SectionPlace:
    """A section by its lines: from its heading (`line`; 0 where it has none) to the next heading (`own_last`), and with
    those beneath it (`last`). `heading_last` is the last line of the heading, `level` its level."""

    ref: str
    row: SectionRow
    checklist: str
    line: int
    heading_last: int
    own_last: int
    last: int
    level: int
    items: tuple[str, ...]


@dataclass(frozen=True)
class Outline:
    """`items` and `sections` are by their references, `checklist:key` and `checklist:slug`, in reading order."""

    text: str
    lines: TextLines
    runbook: ParsedRunbook
    items: Mapping[str, ItemPlace]
    sections: Mapping[str, SectionPlace]

    def siblings(self, ref: str) -> list[str]:
        """The items of its section beside it, itself among them: of the same depth, beneath the same item."""
        place = self.items[ref]
        within = [self.items[other] for other in self.sections[place.section].items]
        at = next(index for index, other in enumerate(within) if other.ref == ref)
        depth = place.row.depth
        before = list(takewhile(lambda other: other.row.depth >= depth, reversed(within[:at])))[::-1]
        after = takewhile(lambda other: other.row.depth >= depth, within[at:])
        return [other.ref for other in (*before, *after) if other.row.depth == depth]

    def beneath(self, ref: str) -> list[str]:
        """Its sub-items of every depth, in order."""
        place = self.items[ref]
        within = list(self.sections[place.section].items)
        after = within[within.index(ref) + 1 :]
        return list(takewhile(lambda other: self.items[other].row.depth > place.row.depth, after))

    def section_siblings(self, ref: str) -> list[str]:
        """The sections of its checklist beside it, itself among them: of the same level, beneath the same heading."""
        here = self.sections[ref]
        same = [each for each in self.sections.values() if each.checklist == here.checklist]
        at = next(index for index, each in enumerate(same) if each.ref == ref)
        before = list(takewhile(lambda each: each.level >= here.level, reversed(same[:at])))[::-1]
        after = takewhile(lambda each: each.level >= here.level, same[at:])
        return [each.ref for each in (*before, *after) if each.level == here.level and each.line]


def outline_of(text: str) -> Outline:
    """Reads the text, which `is_flattened` must not hold for: its lines are not those that are read."""
    lines = TextLines.of(text)
    runbook = read_runbook(text)
    points = points_of(lines.texts)
    sections: dict[str, SectionPlace] = {}
    items: dict[str, ItemPlace] = {}
    for checklist in runbook.checklists:
        for row in checklist.sections:
            ref = f"{checklist.slug}:{row.slug}"
            places = list(_items(checklist, row, runbook.blocks, points, lines.texts, ref))
            items |= {place.ref: place for place in places}
            sections[ref] = _section(ref, checklist, row, runbook.blocks, lines, tuple(place.ref for place in places))
    return Outline(text, lines, runbook, items, sections)


def _section(
    ref: str,
    checklist: ChecklistPart,
    row: SectionRow,
    blocks: Sequence[Block],
    lines: TextLines,
    items: tuple[str, ...],
) -> SectionPlace:
    headings = [block for block in blocks if isinstance(block, Heading)]
    own = next((block for block in headings if block.first == row.line), None)
    end = len(lines.rows) + 1
    begin = own.first if own else 0
    later = [block for block in headings if block.first > begin]
    following = later[0].first if later else end
    beyond = next((block.first for block in later if own and block.level <= own.level), end)
    return SectionPlace(
        ref=ref,
        row=row,
        checklist=checklist.slug,
        line=begin,
        heading_last=own.last if own else 0,
        own_last=_unblank(lines, begin, following - 1),
        last=_unblank(lines, begin, beyond - 1),
        level=own.level if own else 0,
        items=items,
    )


def _unblank(lines: TextLines, first: int, last: int) -> int:
    """The last line that is not blank."""
    while last > first and lines.rows[last - 1].is_blank:
        last -= 1
    return last


def _items(
    checklist: ChecklistPart,
    section: SectionRow,
    blocks: Sequence[Block],
    points: Mapping[int, Point],
    lines: Sequence[str],
    ref: str,
) -> Iterator[ItemPlace]:
    starts = {item.line for item in section.items}
    seen: dict[int, int] = {}
    for item in section.items:
        line = item.line
        nth = seen[line] = seen.get(line, -1) + 1
        form, group, words_end, last = _extent(line, blocks, points, starts)
        words = lines[line - 1 : words_end]
        yield ItemPlace(
            ref=f"{checklist.slug}:{item.key}",
            row=item,
            section=ref,
            form=form,
            line=line,
            words_end=words_end,
            own_end=min((start - 1 for start in starts if line < start <= last), default=last),
            last=last,
            lead=_lead(words[0], form),
            settings=_settings(words, item, form),
            group=group,
            nth=nth,
        )


def _extent(
    line: int, blocks: Sequence[Block], points: Mapping[int, Point], starts: set[int]
) -> tuple[str, int, int, int]:
    """The form of the item that begins in the line, its list or table, the last line of its words and its last line."""
    block = next(each for each in blocks if each.first <= line <= each.last)
    if isinstance(block, Table):
        return ROW, block.first, line, line
    if isinstance(block, Heading):
        return HEADING, 0, line, line
    if point := points.get(line):
        return POINT, point.siblings, point.words_end, _reach(point, points, starts)
    last = min((start - 1 for start in starts if line < start <= block.last), default=block.last)
    return LINE, 0, last, last


def _reach(point: Point, points: Mapping[int, Point], starts: set[int]) -> int:
    """The last line of a point with the points without a box that follow it: they are shown with it."""
    last = point.last
    for other in points.values():
        if other.siblings == point.siblings and other.line > last:
            if any(other.line <= start <= other.last for start in starts):
                break
            last = other.last
    return last


def _lead(line: str, form: str) -> str:
    """What stands before the words of a point, heading or line of a paragraph; '' for a row of a table."""
    if form == ROW:
        return ""
    pattern = {POINT: _POINT_LEAD, HEADING: _HEADING_LEAD}.get(form)
    lead = match.group() if pattern and (match := pattern.match(line)) else line[: len(line) - len(line.lstrip())]
    rest = line[len(lead) :]
    if box := _BOX.match(rest):
        return lead + box.group()
    boxed = box_at_start(rest)
    return line[: len(line) - len(boxed.text)] if boxed and rest.endswith(boxed.text) else lead


def _settings(words: Sequence[str], item: ItemRow, form: str) -> str:
    """The comment of an item as it stands in its words."""
    if form != ROW:
        return split_settings(words[-1])[1]
    after = words[0].partition(item.text)[2].lstrip()
    return split_settings(after[: after.find("-->") + 3])[1] if after.startswith("<!--") else ""
