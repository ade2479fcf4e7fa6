"""Entries with boxes, and the place of entries without one between them (pure).

Whoever writes `- plain` between two boxes means something by it: it must not be missing from a run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bootstrap.importer.markdown.blocks import Entry, Listing
from bootstrap.importer.parsed_runbook import Note

_MARK = re.compile(r"\[(?P<mark>[^\]\s]{1,2})\](?:\s|\Z)")
_WITH_ITEM = "shown with the item before it"
_WITH_SECTION = "shown in the text of its section"


@dataclass
class BoxedEntries:
    """Entries with boxes, their bodies completed; lines for the section's text before them; notes on what is unsure."""

    entries: list[Entry] = field(default_factory=list)
    before: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def boxed_entries(listings: Sequence[Listing]) -> BoxedEntries:
    """The entries of those lists that have boxes.

    An entry without a box goes into the body of the item before it, without a note if it is deeper than that one. What
    stands over items, or before the first one, goes into the section's text.
    """
    boxed = BoxedEntries()
    for listing in listings:
        if listing.has_boxes:
            _add(listing.entries, boxed)
    return boxed


def _add(entries: Sequence[Entry], boxed: BoxedEntries) -> None:
    current: Entry | None = None
    body: list[str] = []
    for entry, is_over_items in zip(entries, _over_items(entries), strict=True):
        if entry.box is not None:
            _close(current, body, boxed)
            current, body = entry, [entry.body] if entry.body else []
            continue
        is_deeper = current is not None and entry.depth > current.depth
        with_item = current is not None and (is_deeper or not is_over_items)
        depth = entry.depth - current.depth - 1 if current and is_deeper else 0
        (body if with_item else boxed.before).extend(_as_lines(entry, depth))
        # What is deeper explains the item; with a mark it was meant as an item of its own.
        if not is_deeper or _MARK.match(entry.text):
            boxed.notes.append(Note(entry.line, _reason(entry, _WITH_ITEM if with_item else _WITH_SECTION)))
    _close(current, body, boxed)


def _close(current: Entry | None, body: Sequence[str], boxed: BoxedEntries) -> None:
    if current:
        boxed.entries.append(replace(current, body="\n".join(body)))


def _over_items(entries: Sequence[Entry]) -> list[bool]:
    """For each entry whether one with a box lies beneath it."""
    over = [False] * len(entries)
    reach = -1  # an entry of a lesser depth than this one is over a box that follows
    for position in range(len(entries) - 1, -1, -1):
        entry = entries[position]
        over[position] = reach > entry.depth
        reach = entry.depth if entry.box is not None else min(entry.depth, reach)
    return over


def _as_lines(entry: Entry, depth: int) -> Iterator[str]:
    """The entry as lines of markdown, indented by `depth` levels."""
    indent, marker = "  " * depth, "-" if entry.number is None else f"{entry.number}."
    yield f"{indent}{marker} {entry.text}"
    inner = indent + " " * (len(marker) + 1)
    yield from (f"{inner}{line}" if line.strip() else "" for line in entry.body.split("\n") if entry.body)


def _reason(entry: Entry, place: str) -> str:
    mark = _MARK.match(entry.text)
    return f"has the mark [{mark['mark']}], which is neither open nor done; {place}" if mark else f"has no box; {place}"
