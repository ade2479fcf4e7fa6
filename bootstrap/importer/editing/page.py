"""The page of a draft: its checklists with their sections and items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from bootstrap.importer.editing.acts import key_of
from bootstrap.importer.editing.outline import HEADING, ItemPlace, Outline, SectionPlace


@dataclass(frozen=True)
class ItemLine:
    """An item with its neighbours of the same depth: the references to move it before or after, '' at an end."""

    place: ItemPlace
    url: str
    above: str
    below: str

    @property
    def ref(self) -> str:
        return self.place.ref

    @property
    def is_heading(self) -> bool:
        return self.place.form == HEADING


@dataclass(frozen=True)
class SectionCard:
    """A section with its items and its neighbours."""

    place: SectionPlace
    items: Sequence[ItemLine]
    above: str
    below: str
    add_url: str
    can_rename: bool

    @property
    def ref(self) -> str:
        return self.place.ref


@dataclass(frozen=True)
class ChecklistCards:
    slug: str
    title: str
    sections: Sequence[SectionCard]


def cards_of(outline: Outline, slug: str) -> list[ChecklistCards]:
    """The checklists of the draft of the runbook of that slug."""
    return [
        ChecklistCards(
            part.slug,
            part.title,
            [_card(outline, each, slug) for each in outline.sections.values() if each.checklist == part.slug],
        )
        for part in outline.runbook.checklists
    ]


def item_url(slug: str, ref: str) -> str:
    """The page of one item of a draft."""
    return f"{reverse('runbook_edit_item', args=[slug])}?{urlencode({'item': ref})}"


def _card(outline: Outline, section: SectionPlace, slug: str) -> SectionCard:
    above, below = _neighbours(outline.section_siblings(section.ref), section.ref)
    titles = {part.line for part in outline.runbook.checklists}
    is_item = any(outline.items[ref].form == HEADING for ref in section.items)
    return SectionCard(
        section,
        [_line(outline, ref, slug) for ref in section.items],
        above,
        below,
        f"{reverse('runbook_edit_item', args=[slug])}?{urlencode({'section': section.ref})}",
        bool(section.line) and section.line not in titles and not is_item,
    )


def _line(outline: Outline, ref: str, slug: str) -> ItemLine:
    above, below = _neighbours(outline.siblings(ref), ref)
    return ItemLine(outline.items[ref], item_url(slug, ref), above, below)


def _neighbours(siblings: Sequence[str], ref: str) -> tuple[str, str]:
    at = siblings.index(ref) if ref in siblings else -1
    if at < 0:
        return "", ""
    return siblings[at - 1] if at else "", siblings[at + 1] if at + 1 < len(siblings) else ""


def places_for(outline: Outline, place: ItemPlace) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where the item may be moved, as groups of options (value, label) by section: its end, or after an item of it."""
    checklist = place.ref.partition(":")[0]
    block = {place.ref, *outline.beneath(place.ref)}
    return [
        (
            section.row.title,
            [(f"section {section.ref}", "at the end"), *_after(outline, section, block)],
        )
        for section in outline.sections.values()
        if section.checklist == checklist
    ]


def _after(outline: Outline, section: SectionPlace, block: set[str]) -> list[tuple[str, str]]:
    refs = [ref for ref in section.items if ref not in block]
    return [
        *((f"before {ref}", f"before {key_of(ref)}") for ref in refs[:1]),
        *((f"after {ref}", f"after {key_of(ref)}") for ref in refs),
    ]
