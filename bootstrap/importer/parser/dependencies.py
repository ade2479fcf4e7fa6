"""What an item has to wait for (pure).

Texts such as "set after the above are confirmed" and "Sentry checklist above completed first"; and atomic pairs, of
which neither may be done without the other: "CF Access MUST remain active until this flag is on".
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bootstrap.importer.parsed_runbook import ItemRow, Note, SectionRow
from bootstrap.importer.parser.cycles import kept
from bootstrap.importer.parser.explicit_needs import ChecklistNames
from bootstrap.importer.vocabulary import pattern, plain, short_title

_AFTER_THE_ABOVE = pattern("item.after_the_above")
_OTHER_SECTION = pattern("item.other_section")
_STAYS_UNTIL_FLAG = pattern("item.stays_until_flag")
# What has more than these before it waits for the items back to the last one that waits for all before it, and for that
# one: the same order, without a square of rows.
ENOUGH_KEYS = 200
_ALTERNATIVES = pattern("item.alternatives", r"(?:{})\W{0,3}\Z")
LONGEST_END = 60  # characters at the end of an item in which it says that one point is enough
# Characters of an item that are read.
LONGEST_ITEM = 2_000


@dataclass(frozen=True)
class _Wait:
    """`item` waits for the item of the key `needed`, or for the section of that slug."""

    item: ItemRow
    needed: str
    is_section: bool = False


def with_dependencies(sections: Sequence[SectionRow]) -> tuple[tuple[SectionRow, ...], list[Note]]:
    """The sections with each item's needs filled in, and notes on names that are none and on what would be a circle."""
    paired = [_with_alternatives(_paired(section)) for section in sections]
    names = ChecklistNames(paired)
    by_title = {short_title(section.title).lower(): section.slug for section in sections}
    notes: list[Note] = []
    waits: list[_Wait] = []
    for section in paired:
        for item in section.items:
            needs = names.needs(item)
            notes += needs.notes
            other = _other_section(item, by_title)
            slugs = dict.fromkeys(([other] if other else []) + [*needs.sections])
            waits += [_Wait(item, slug, is_section=True) for slug in slugs if slug != section.slug]
            waits += [_Wait(item, key) for key in needs.items]
    waits += [_Wait(item, key) for section in paired for item, key in _implied(section.items)]
    staying = _without_circles(paired, waits, notes)
    return tuple(
        replace(section, items=tuple(_filled(item, staying[item.key]) for item in section.items)) for section in paired
    ), notes


def _implied(items: Sequence[ItemRow]) -> Iterator[tuple[ItemRow, str]]:
    """A flag is turned on last: it waits for the steps before it, not for other flags. A point with sub-points waits
    for those, and what is "after the above" for all.

    Nothing waits for an optional item, unless its words say so.
    """
    says_so = [_AFTER_THE_ABOVE.search(plain(item.text)) is not None for item in items]
    all_before = [said or item.kind == "flag" for said, item in zip(says_so, items, strict=True)]
    for position, item in enumerate(items):
        if all_before[position]:
            for key in _earlier(items, position, all_before, with_flags=says_so[position]):
                yield item, key
        for later in _beneath(items, position) if not item.one_of else ():
            if not later.optional:
                yield item, later.key


def _beneath(items: Sequence[ItemRow], position: int) -> Iterator[ItemRow]:
    """The points directly beneath an item."""
    for later in islice(items, position + 1, None):
        if later.depth <= items[position].depth:
            return
        if later.depth == items[position].depth + 1:
            yield later


def _with_alternatives(section: SectionRow) -> SectionRow:
    """With the points of which one is enough, where the item over them says so."""
    items = list(section.items)
    for position, item in enumerate(items):
        if _ALTERNATIVES.search(plain(item.text)[-LONGEST_END:]):
            keys = tuple(later.key for later in _beneath(items, position))
            items[position] = replace(item, one_of=keys if len(keys) > 1 else ())
    return replace(section, items=tuple(items))


def _filled(item: ItemRow, waits: Sequence[_Wait]) -> ItemRow:
    """With what it waits for: first what it says itself."""
    return replace(
        item,
        needs_items=tuple(dict.fromkeys(wait.needed for wait in waits if not wait.is_section)),
        needs_sections=tuple(wait.needed for wait in waits if wait.is_section),
    )


def _paired(section: SectionRow) -> SectionRow:
    """With its flag and what that replaces as an atomic pair, where the text says that one stays until the other."""
    stays = _STAYS_UNTIL_FLAG.search(" ".join(plain(f"{section.prose}\n{section.notes}").split()))
    flags = [item for item in section.items if item.kind == "flag"]
    if not stays or len(flags) != 1:
        return section
    gone = pattern("item.removed", rf"\b{re.escape(stays['thing'])}\b.{{0,200}}\b(?:" r"{})\b")
    others = [item for item in section.items if item is not flags[0] and gone.search(plain(item.text[:LONGEST_ITEM]))]
    if len(others) != 1:
        return section
    pair = replace(flags[0], together=(others[0].key,))
    return replace(section, items=tuple(pair if item is flags[0] else item for item in section.items))


def _earlier(items: Sequence[ItemRow], position: int, all_before: Sequence[bool], *, with_flags: bool) -> list[str]:
    """Keys of the items before it, without sub-points of others and without the points that it is under."""
    keys: list[str] = []
    under = depth = items[position].depth
    shorter: list[str] = []
    for index in range(position - 1, -1, -1):
        earlier = items[index]
        if earlier.depth < under:
            under = earlier.depth
        elif earlier.depth <= depth:
            # Nothing waits for what is optional, so only what is optional itself may rest on its order.
            if not shorter and all_before[index] and (items[position].optional or not earlier.optional):
                shorter = [*keys, earlier.key]
            if not earlier.optional and (with_flags or earlier.kind != "flag"):
                keys.append(earlier.key)
            if shorter and len(keys) > ENOUGH_KEYS:
                return shorter[::-1]
    return keys[::-1]


def _other_section(item: ItemRow, by_title: dict[str, str]) -> str | None:
    match = _OTHER_SECTION.match(plain(item.text))
    return by_title.get(match["title"].lower()) if match else None


def _without_circles(
    sections: Sequence[SectionRow], waits: Sequence[_Wait], notes: list[Note]
) -> dict[str, list[_Wait]]:
    """The waits of each item that stay: items and sections that wait for each other could never be begun.

    What is said comes before what is implied, so that the latter gives way. A pair is done in one act: it is one node.
    """
    numbers = {item.key: number for number, item in enumerate(item for section in sections for item in section.items)}
    nodes = dict(numbers)
    nodes |= {other: numbers[item.key] for section in sections for item in section.items for other in item.together}
    slugs = {section.slug: len(nodes) + number for number, section in enumerate(sections)}
    fixed = [(slugs[section.slug], nodes[item.key]) for section in sections for item in section.items]
    apart = [wait for wait in waits if wait.is_section or nodes[wait.needed] != nodes[wait.item.key]]
    asked = [(nodes[wait.item.key], slugs[wait.needed] if wait.is_section else nodes[wait.needed]) for wait in apart]
    staying: dict[str, list[_Wait]] = defaultdict(list)
    left_out: dict[str, list[_Wait]] = defaultdict(list)
    for wait, stays in zip(apart, kept(fixed, asked), strict=True):
        (staying if stays else left_out)[wait.item.key].append(wait)
    notes.extend(note for dropped in left_out.values() for note in _notes_on(dropped))
    return staying


def _notes_on(dropped: Sequence[_Wait]) -> Iterator[Note]:
    """One note for each section, one for all items: a flag may have fifty before it."""
    line = dropped[0].item.line
    keys = [wait.needed for wait in dropped if not wait.is_section]
    for wait in dropped:
        if wait.is_section:
            yield Note(line, f"waits for the section “{wait.needed}”, which waits for this one; left out")
    if keys:
        more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
        which = "which waits for it" if len(keys) == 1 else "which wait for it"
        yield Note(line, f"waits for {', '.join(keys[:3])}{more}, {which}; left out")
