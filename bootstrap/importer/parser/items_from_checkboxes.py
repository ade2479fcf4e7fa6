"""The items of a section (pure): each checkbox becomes one; `item_text.py` says what its words mean.

Entries without a box between them are kept: whoever writes `- plain` between two boxes means something by it, and it
must not be missing from a run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bootstrap.importer.markdown.blocks import Entry, Listing
from bootstrap.importer.parsed_runbook import ItemRow, Note
from bootstrap.importer.parser.item_settings import read_settings
from bootstrap.importer.parser.item_text import read_item

_MARK = re.compile(r"\[(?P<mark>[^\]\s]{1,2})\](?:\s|\Z)")
_WITH_ITEM = "shown with the item before it"
_WITH_SECTION = "shown in the text of its section"


@dataclass
class SectionItems:
    """The items; lines of markdown for the section's text before them; notes on entries without a box."""

    items: list[ItemRow] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def items_of(listings: Sequence[Listing], known: Collection[str], keys: dict[str, bool]) -> SectionItems:
    """The items of those lists that have boxes. `known` are the runbook's variables.

    `keys` are those that comments settle and those that the checklist's items have, with whether an item has it; each
    new item's key is added. An entry without a box goes into the body of the item before it, without a note if it is
    deeper than that one. What stands over items, or before the first one, goes into the section's text.
    """
    section = SectionItems()
    for listing in listings:
        for entry in _boxed(listing.entries, section) if listing.has_boxes else ():
            item = _settled(entry, read_item(entry, known, keys), keys, section.notes)
            keys[item.key] = True
            section.items.append(item)
    return section


def _settled(entry: Entry, item: ItemRow, keys: Mapping[str, bool], notes: list[Note]) -> ItemRow:
    """With the key and the kind that its comment settles; a key that an earlier item has is noted and left."""
    settings = read_settings(entry.settings)
    if settings.key and keys.get(settings.key):
        notes.append(Note(entry.line, f"the key {settings.key} is that of an earlier item; this one is {item.key}"))
    key = settings.key if settings.key and not keys.get(settings.key) else item.key
    kind = settings.kind if settings.kind and item.kind != "flag" else item.kind
    return replace(item, key=key, kind=kind)


def _boxed(entries: Sequence[Entry], section: SectionItems) -> list[Entry]:
    """The entries with boxes, their bodies completed; adds to `section` what is not part of an item, and the notes."""
    boxed: list[tuple[Entry, list[str]]] = []
    for entry, is_over_items in zip(entries, _over_items(entries), strict=True):
        if entry.box is not None and not (entry.text or entry.body):
            section.notes.append(Note(entry.line, "a box without words; no item was made of it"))
            continue
        if entry.box is not None:
            boxed.append((entry, [entry.body] if entry.body else []))
            continue
        item, body = boxed[-1] if boxed else (None, section.before)
        is_deeper = item is not None and entry.depth > item.depth
        with_item = item is not None and (is_deeper or not is_over_items)
        depth = entry.depth - item.depth - 1 if item and is_deeper else 0
        (body if with_item else section.before).extend(_as_lines(entry, depth))
        # What is deeper explains the item; with a mark it was meant as an item of its own.
        if not is_deeper or _MARK.match(entry.text):
            section.notes.append(Note(entry.line, _reason(entry, _WITH_ITEM if with_item else _WITH_SECTION)))
    return [replace(entry, body="\n".join(body)) for entry, body in boxed]


def _over_items(entries: Sequence[Entry]) -> list[bool]:
    """For each entry whether one with a box lies beneath it."""
    over: list[bool] = []
    reach = -1  # an entry of a lesser depth than this one is over a box that follows
    for entry in reversed(entries):
        over.append(reach > entry.depth)
        reach = entry.depth if entry.box is not None else min(entry.depth, reach)
    return over[::-1]


def _as_lines(entry: Entry, depth: int) -> Iterator[str]:
    """The entry as lines of markdown, indented by `depth` levels."""
    indent, marker = "  " * depth, "-" if entry.number is None else f"{entry.number}."
    yield f"{indent}{marker} {entry.text}"
    inner = indent + " " * (len(marker) + 1)
    yield from (f"{inner}{line}" if line.strip() else "" for line in entry.body.split("\n") if entry.body)


def _reason(entry: Entry, place: str) -> str:
    mark = _MARK.match(entry.text)
    return f"has the mark [{mark['mark']}], which is neither open nor done; {place}" if mark else f"has no box; {place}"
