"""What an item has to wait for (pure).

Seed 001: "set after the above are confirmed", "Sentry checklist above completed first"; and the two steps of session
auth, of which each must not be without the other: "CF Access MUST remain active until this flag is on".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bootstrap.importer.runbook import ItemRow, Note, SectionRow
from bootstrap.importer.words import plain, short_title

_AFTER_THE_ABOVE = re.compile(r"\b(after|once|when)\b.{0,200}\b(above|previous|confirmed|done)\b", re.IGNORECASE)
_OTHER_SECTION = re.compile(
    r"^(?P<title>.{1,200}?)\s(checklist|section)\b.{0,200}\b(complet|done|first)", re.IGNORECASE
)
# What has to stay until the flag is on, and is gone when its own item is done: neither may be done without the other.
_STAYS_UNTIL_FLAG = re.compile(
    r"\b(?P<thing>\w+)\s+(?:must|has to|needs to)\s+(?:remain|stay|be)\s+\w+\s+until\s+(?:this|the)\s+flag\b",
    re.IGNORECASE,
)
# A flag that has more than these before it waits for the items back to the last flag, which waits for those before:
# the same order, without a square of rows.
ENOUGH_KEYS = 50


def with_dependencies(sections: Sequence[SectionRow]) -> tuple[tuple[SectionRow, ...], list[Note]]:
    """The sections with each item's needs filled in, and notes on what was left out because it would be a circle."""
    by_title = {short_title(section.title).lower(): section.slug for section in sections}
    linked = [
        replace(section, items=tuple(_linked(section, position, by_title) for position in range(len(section.items))))
        for section in sections
    ]
    return _without_circles([_paired(section) for section in linked])


def _linked(section: SectionRow, position: int, by_title: dict[str, str]) -> ItemRow:
    item = section.items[position]
    needed = _other_section(item, by_title)
    return replace(
        item,
        needs_items=tuple(_needed_items(section.items, position)),
        needs_sections=(needed,) if needed and needed != section.slug else (),
    )


def _needed_items(items: Sequence[ItemRow], position: int) -> Iterator[str]:
    """A flag is turned on last: it waits for the items before it. A point with sub-points waits for those."""
    item = items[position]
    if item.kind == "flag" or _AFTER_THE_ABOVE.search(plain(item.text)):
        yield from _earlier(items, position)
    for later in items[position + 1 :]:
        if later.depth <= item.depth:
            break
        if later.depth == item.depth + 1:
            yield later.key


def _paired(section: SectionRow) -> SectionRow:
    """With its flag and what that replaces as an atomic pair, where the text says that one stays until the other."""
    said = _STAYS_UNTIL_FLAG.search(" ".join(plain(f"{section.prose}\n{section.notes}").split()))
    flags = [item for item in section.items if item.kind == "flag"]
    if not said or len(flags) != 1:
        return section
    gone = re.compile(rf"\b{re.escape(said['thing'])}\b.*\b(?:removed|gone|off|disabled)\b", re.IGNORECASE)
    others = [item for item in section.items if item is not flags[0] and gone.search(plain(item.text))]
    if len(others) != 1:
        return section
    pair = replace(
        flags[0],
        needs_items=tuple(key for key in flags[0].needs_items if key != others[0].key),
        together=(others[0].key,),
    )
    return replace(section, items=tuple(pair if item is flags[0] else item for item in section.items))


def _earlier(items: Sequence[ItemRow], position: int) -> list[str]:
    """Keys of the items before it, without sub-points of others and without the points that it is under."""
    keys: list[str] = []
    under = depth = items[position].depth
    for earlier in reversed(items[:position]):
        if earlier.depth < under:
            under = earlier.depth
        elif earlier.depth <= depth:
            keys.append(earlier.key)
            if earlier.kind == "flag" and len(keys) > ENOUGH_KEYS:
                break
    return keys[::-1]


def _other_section(item: ItemRow, by_title: dict[str, str]) -> str | None:
    match = _OTHER_SECTION.match(plain(item.text))
    return by_title.get(match["title"].lower()) if match else None


def _without_circles(sections: list[SectionRow]) -> tuple[tuple[SectionRow, ...], list[Note]]:
    """Sections that wait for each other could never be begun: what closes the circle is left out."""
    waits: dict[str, set[str]] = {section.slug: set() for section in sections}
    notes: list[Note] = []

    def reaches(start: str, goal: str) -> bool:
        return start == goal or any(reaches(following, goal) for following in waits[start])

    def checked(section: SectionRow, item: ItemRow) -> ItemRow:
        kept = tuple(slug for slug in item.needs_sections if not reaches(slug, section.slug))
        waits[section.slug].update(kept)
        notes.extend(
            Note(item.line, f"waits for the section “{slug}”, which waits for this one; left out")
            for slug in item.needs_sections
            if slug not in kept
        )
        return replace(item, needs_sections=kept)

    freed = [replace(section, items=tuple(checked(section, item) for item in section.items)) for section in sections]
    return tuple(freed), notes
