"""The lines of one item (pure): as they are, with other words, and as a point or row elsewhere."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from bootstrap.importer.editing.acts import EditRefused
from bootstrap.importer.editing.lines import TextLine
from bootstrap.importer.editing.outline import HEADING, LINE, POINT, ROW, ItemPlace, Outline
from bootstrap.importer.markdown.table_cells import row_as_markdown
from bootstrap.importer.parser.item_settings import ItemSettings

_TICKED = re.compile(r"\[[xX]\]|[☑☒✅✔✓🗹🗷]")
_POINT = re.compile(r"(?P<indent>[ \t]*)(?P<mark>[-*+]|\d{1,9}[.)])(?P<gap>[ \t]+)")
FRESH = "- [ ] "


def body_of(outline: Outline, place: ItemPlace) -> str:
    """The markdown beneath the words of an item, before its sub-items, without its indentation; '' for a row, whose
    other cells those are."""
    if place.form != POINT:
        return ""
    lines = [row.text for row in outline.lines.rows[place.words_end : place.own_end]]
    return textwrap.dedent("\n".join(lines)).strip("\n").rstrip()


def worded(place: ItemPlace, text: str, settings: ItemSettings) -> list[str]:
    """The lines of a point, heading or line of a paragraph with these words."""
    comment = settings.as_comment()
    return [place.lead + text + (f" {comment}" if comment else "")]


def row_with(line: str, place: ItemPlace, text: str, settings: ItemSettings) -> str:
    """The row of a table with these words in the item's cell. Raises EditRefused where the cell is not to be found."""
    old = _in_cell(place.row.text)
    if line.count(old) != 1:
        raise EditRefused(
            f"line {place.line}: the cell of {place.row.key} stands there as “{old[:60]}” {line.count(old)} times; "
            "change this row where the text is imported."
        )
    begin, after = line.split(old)
    after = after.lstrip().removeprefix(place.settings) if place.settings else after
    comment = settings.as_comment()
    return f"{begin}{_in_cell(text)}{f' {comment}' if comment else ''}{after if after[:1] in ' |<' else f' {after}'}"


def _in_cell(text: str) -> str:
    """The text as it stands in a cell: a pipe outside of code is escaped."""
    return row_as_markdown([text]).strip("| ")


def lead_like(place: ItemPlace | None) -> str:
    """What stands before the words of a new item beside `place`: the same mark and an open box."""
    if place is None or place.form in (ROW, HEADING):
        return FRESH
    return _TICKED.sub(lambda box: "[ ]" if box.group()[0] == "[" else "☐", place.lead, count=1)


def as_lines(lead: str, text: str, body: str, settings: ItemSettings) -> list[TextLine]:
    """A new item with its lead, its words and what stands beneath. Raises EditRefused where nothing may stand there."""
    comment = settings.as_comment()
    lines = [lead + text + (f" {comment}" if comment else "")]
    if body.strip():
        point = _POINT.match(lead)
        if point is None:
            raise EditRefused("body: beneath an item that is a line of a paragraph or a heading nothing can stand.")
        lines += ["", *indented(body, " " * len(point.group()))]
    return [TextLine(line) for line in lines]


def indented(body: str, by: str) -> list[str]:
    """Its lines, moved to the right."""
    return [
        f"{by}{line}" if line.strip() else "" for line in body.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]


def point_moved(rows: Sequence[TextLine], beside: ItemPlace) -> list[TextLine]:
    """The lines of a point with the indentation and the kind of mark of the point `beside`; untouched where they have
    these already."""
    here, there = _POINT.match(rows[0].text), _POINT.match(beside.lead)
    assert here, "a point"
    assert there, "a point"
    mark = here["mark"] if _is_same_list(here["mark"], there["mark"]) else there["mark"]
    lead = there["indent"] + mark + here["gap"]
    if lead == here.group():
        return list(rows)
    before, after = len(here.group().expandtabs(4)), len(lead.expandtabs(4))
    first = TextLine(lead + rows[0].text[here.end() :], rows[0].end, rows[0].origin)
    return [first, *(_shifted(row, after - before) for row in rows[1:])]


def _is_same_list(mark: str, other: str) -> bool:
    return mark[-1] == other[-1] and len(mark) > 1 == (len(other) > 1) if mark != other else True


def _shifted(row: TextLine, by: int) -> TextLine:
    if by == 0 or row.is_blank:
        return row
    bare = row.text.lstrip(" \t")
    indent = len(row.text[: len(row.text) - len(bare)].expandtabs(4))
    return TextLine(" " * max(0, indent + by) + bare, row.end, row.origin)


def is_raw_move(place: ItemPlace, beside: ItemPlace | None) -> bool:
    """Whether its lines can stand beside the other item as they are."""
    if beside is None or place.form != beside.form or place.form == HEADING:
        return False
    return place.form == POINT or place.group == beside.group or place.form == LINE


def is_loose_list(outline: Outline, beside: ItemPlace) -> bool:
    """Whether blank lines stand between the points of its list."""
    if beside.form != POINT:
        return False
    same = [place for place in outline.items.values() if place.form == POINT and place.group == beside.group]
    starts = [place.line for place in same if place.row.depth == beside.row.depth][1:]
    return any(outline.lines.rows[line - 2].is_blank for line in starts)
