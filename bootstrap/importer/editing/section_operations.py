"""How each act on a section changes the lines of a text (pure)."""

from __future__ import annotations

import re

from bootstrap.importer.editing.acts import AddSection, EditRefused, MoveSection, RenameSection, key_of
from bootstrap.importer.editing.item_lines import FRESH
from bootstrap.importer.editing.lines import TextLine
from bootstrap.importer.editing.operations import BLANK, section_of
from bootstrap.importer.editing.outline import HEADING, Outline, SectionPlace
from bootstrap.importer.editing.surgery import Surgery, new_token, one_line

_HEADING = re.compile(r"(?P<lead>[ ]{0,3}#{1,6}[ \t]+)(?P<text>.*?)(?P<end>[ \t]+#+[ \t]*|[ \t]*)")
DEFAULT_LEVEL = 2


def add_section(surgery: Surgery, act: AddSection) -> None:
    """A heading like that of the section before it, with an item."""
    outline = surgery.outline
    section = section_of(outline, act.after)
    title, text = one_line(act.title, "title"), one_line(act.text)
    token = new_token(1)
    level = _level_for(outline, section)
    last = section.last if section.level == level else section.own_last
    at = surgery.at(last)
    new = [TextLine(f"{'#' * level} {title}"), BLANK, TextLine(FRESH + text)]
    follows = at < len(surgery.lines.rows) and not surgery.lines.rows[at].is_blank
    surgery.lines.put(at, [BLANK, *new, *([BLANK] if follows else [])])
    earlier = [place.token for place in outline.items.values() if place.line <= last]
    surgery.insert([token], after=earlier[-1] if earlier else None)
    surgery.texts[token], surgery.keys[token], surgery.depths[token] = text, "", 0
    surgery.titles[token] = title


def _level_for(outline: Outline, section: SectionPlace) -> int:
    """The level of its heading; one lower where that is the heading of the whole checklist."""
    part = next(each for each in outline.runbook.checklists if each.slug == section.checklist)
    if section.line == 0 or part.line == section.line:
        below = [other.level for other in outline.sections.values() if other.checklist == section.checklist]
        deeper = [level for level in below if level > section.level]
        return min(deeper, default=max(section.level + 1, DEFAULT_LEVEL))
    return section.level


def rename_section(surgery: Surgery, act: RenameSection) -> None:
    """Another title in the place of the old one."""
    section = section_of(surgery.outline, act.section)
    title = one_line(act.title, "title")
    if not section.line:
        raise EditRefused("This section has no heading: it is the text before the first one.")
    if any(surgery.outline.items[ref].form == HEADING for ref in section.items):
        raise EditRefused("The heading of this section is an item: change the item.")
    if any(part.line == section.line for part in surgery.outline.runbook.checklists):
        raise EditRefused(
            "This heading is the title of the checklist, under which it is stored: it cannot change here."
        )
    if section.heading_last > section.line:  # underlined
        surgery.lines.replace(section.line, section.heading_last - 1, [title])
    else:
        match = _HEADING.fullmatch(surgery.outline.lines.rows[section.line - 1].text)
        if match is None:
            raise EditRefused(f"line {section.line}: the heading is not to be found there.")
        surgery.lines.replace(section.line, section.line, [match["lead"] + title + match["end"]])
    for ref in section.items:
        surgery.titles[surgery.outline.items[ref].token] = title


def move_section(surgery: Surgery, act: MoveSection) -> None:
    """A section with what lies beneath it before or after another one."""
    outline = surgery.outline
    section, beside = section_of(outline, act.section), section_of(outline, act.after or act.before)
    if beside.ref not in outline.section_siblings(act.section) or beside.ref == section.ref:
        raise EditRefused(f"{key_of(act.section)} can only be moved among the sections beside it.")
    rows = surgery.lines.cut(section.line, section.last)
    if act.after:
        surgery.put_after(beside.last, [BLANK, *rows])
    else:
        surgery.put_before(beside.line, [*rows, BLANK])
    surgery.order_by_lines()
    moved = [place.token for place in outline.items.values() if section.line <= place.line <= section.last]
    surgery.moved |= set(moved)
