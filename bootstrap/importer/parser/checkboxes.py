"""Points with boxes, and where the points between them that have none are told (pure).

A person who writes `- plain` between two boxes means something by it; it must not be missing from the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bootstrap.importer.markdown.blocks import Entry, Listing
from bootstrap.importer.parsed import Note

_MARK = re.compile(r"\[(?P<mark>[^\]\s]{1,2})\](?:\s|\Z)")
_WITH_ITEM = "told with the item before it"
_MARKED = "has the mark [{}], which is neither open nor done; {}"
_WITH_SECTION = "told in the text of its section"


@dataclass
class Points:
    """The points with boxes, with what is told beneath them; lines for the section's own text; what was unsure."""

    entries: list[Entry] = field(default_factory=list)
    above: list[str] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


def boxed_points(listings: Sequence[Listing]) -> Points:
    """The points of those of the lists that have boxes.

    A point without a box is told with the item before it, where it is beneath that as a matter of course. One that
    is over items, or before all of them, is told in the section's text.
    """
    found = Points()
    for listing in listings:
        if any(entry.box is not None for entry in listing.entries):
            _read(listing.entries, found)
    return found


def _read(entries: Sequence[Entry], found: Points) -> None:
    over_items = _over_items(entries)
    current: Entry | None = None
    lines: list[str] = []
    for entry, is_over in zip(entries, over_items, strict=True):
        if entry.box is not None:
            _close(current, lines, found)
            current, lines = entry, [entry.body] if entry.body else []
        elif current and entry.depth > current.depth:
            lines += _told(entry, entry.depth - current.depth - 1)
            found.notes += _unknown_mark(entry)
        elif current and not is_over:
            lines += _told(entry, 0)
            found.notes.append(Note(entry.line, _said(entry, _WITH_ITEM)))
        else:
            found.above += _told(entry, 0)
            found.notes.append(Note(entry.line, _said(entry, _WITH_SECTION)))
    _close(current, lines, found)


def _close(current: Entry | None, lines: Sequence[str], found: Points) -> None:
    if current:
        found.entries.append(replace(current, body="\n".join(lines)))


def _over_items(entries: Sequence[Entry]) -> list[bool]:
    """For each point whether one with a box lies beneath it."""
    found = [False] * len(entries)
    reach = -1  # a point of a lesser depth than this one is over a box that follows
    for position in range(len(entries) - 1, -1, -1):
        entry = entries[position]
        found[position] = reach > entry.depth
        reach = entry.depth if entry.box is not None else min(entry.depth, reach)
    return found


def _told(entry: Entry, depth: int) -> Iterator[str]:
    indent, marker = "  " * depth, "-" if entry.number is None else f"{entry.number}."
    yield f"{indent}{marker} {entry.text}"
    inner = indent + " " * (len(marker) + 1)
    yield from (f"{inner}{line}" if line.strip() else "" for line in entry.body.split("\n") if entry.body)


def _said(entry: Entry, place: str) -> str:
    return _MARKED.format(match["mark"], place) if (match := _MARK.match(entry.text)) else f"has no box; {place}"


def _unknown_mark(entry: Entry) -> Iterator[Note]:
    """A point beneath an item explains it; one with a mark was meant as an item of its own."""
    if _MARK.match(entry.text):
        yield Note(entry.line, _said(entry, _WITH_ITEM))
