"""Numbered steps of a document without boxes (pure): which lists are procedures, and a checklist made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bootstrap.importer.markdown.blocks import Block, Entry, Heading, Listing
from bootstrap.importer.parser.item_formats import is_contents
from bootstrap.importer.parser.runbook import read_outline
from bootstrap.importer.vocabulary import REFERENCES

# What `dependencies.py` reads as an item that waits for those before it.
_AFTER = "(after the previous step)"


def is_procedure(listing: Listing) -> bool:
    """Whether each point of a list, but those beneath others, is numbered, and the list is no table of contents."""
    return all(entry.number is not None for entry in _outer(listing)) and not is_contents(listing)


def procedures(blocks: Iterable[Block]) -> Iterator[Listing]:
    """The lists of numbered steps, without those under a heading such as References."""
    title = ""
    for block in blocks:
        if isinstance(block, Heading):
            title = block.text
        elif isinstance(block, Listing) and is_procedure(block) and not REFERENCES.search(title):
            yield block


def number_of_steps(blocks: Iterable[Block]) -> int:
    """How many items `with_boxes` would make."""
    return sum(len(list(_outer(listing))) for listing in procedures(blocks))


def with_boxes(blocks: Sequence[Block], *, in_order: bool) -> list[Block]:
    """The blocks with a box at each numbered step; what lies beneath a step stays its explanation.

    `in_order`: each step but the first says that it waits for the one before, in words that are read as such: for
    those above it, or, where it is the first beneath its heading, for the last step before by its key.
    """
    wanted = {entry.line for listing in procedures(blocks) for entry in _outer(listing)}
    boxed = [_with_words(block, dict.fromkeys(wanted, "")) for block in blocks]
    if not in_order:
        return boxed
    words: dict[int, str] = {}
    before = ""
    for section in read_outline(boxed).sections:
        for is_later, item in enumerate(item for item in section.items if item.line in wanted):
            words[item.line] = _AFTER if is_later else f"(after `{before}`)" if before else ""
            before = item.key
    return [_with_words(block, dict.fromkeys(wanted, "") | words) for block in blocks]


def _outer(listing: Listing) -> Iterator[Entry]:
    return (entry for entry in listing.entries if entry.depth == 0)


def _with_words(block: Block, words: Mapping[int, str]) -> Block:
    """The block with boxes at the points on these lines, and the words after their text."""
    if not isinstance(block, Listing):
        return block
    return replace(block, entries=tuple(_boxed(entry, words.get(entry.line)) for entry in block.entries))


def _boxed(entry: Entry, words: str | None) -> Entry:
    if words is None or entry.depth:
        return entry
    return replace(entry, box=entry.box or False, text=f"{entry.text} {words}".strip())
