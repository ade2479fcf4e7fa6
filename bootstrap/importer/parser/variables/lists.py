"""Variables that no table describes (pure): one for each heading, or points with a box that begin with a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bootstrap.importer.markdown.blocks import Listing, Prose, Table, TableRow
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, pattern, plain

_FACT = re.compile(r"(?P<key>[^\W\d_][\w /-]{0,40}?)\s?[:\uff1a]\s*(?P<value>.*)", re.DOTALL)
# A name in code marks may be one word (`PORT`); without them only one with an underscore is no word of prose.
_TITLE = re.compile(r"(?:`(?P<code>[A-Z][A-Z0-9_]*)`|(?P<bare>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+))")
_BOXED = re.compile(r"`(?P<name>[A-Z][A-Z0-9_]*)`(?:\s*(?:[:\uff1a]|[-—\u2013])\s*|\s+|\Z)(?P<meaning>.*)", re.DOTALL)
# The same among other points, where no heading says what it is: `LOG_LEVEL=info`, or `SECRET_KEY` is set.
_GIVEN = re.compile(r"`(?P<name>[A-Z][A-Z0-9_]*)=[^`\s]+`(?P<meaning>.*)", re.DOTALL)
_SAID_SET = pattern("variable.said_set", r"\A(?:{})\b")
_ABOUT_VARIABLES = pattern("document.variables", r"\b(?:{})\b")


def under_heading(part: Part) -> Table | None:
    """The variable that the part is about as a table of one row: its heading is a name, its points say `key: value`."""
    title = _TITLE.fullmatch(part.title.strip())
    name = (title["code"] or title["bare"]) if title else ""
    if not name or FLAG.fullmatch(name):
        return None
    told = dict(_told(part))
    if not told:
        return None
    row = TableRow((f"`{name}`", *told.values()), part.line)
    return Table(("Variable", *told), (row,), part.line, part.line)


def _told(part: Part) -> Iterator[tuple[str, str]]:
    """`key: value` of its points, and of its paragraphs' lines."""
    for block in part.blocks:
        lines: list[str] = []
        if isinstance(block, Listing):
            lines = [entry.text for entry in block.entries if entry.box is None]
        elif isinstance(block, Prose):
            lines = block.text.split("\n")
        for line in lines:
            fact = _FACT.fullmatch(line.replace("**", "").replace("__", "").strip())
            if fact:
                yield fact["key"], fact["value"]


def with_boxes(part: Part) -> Iterator[Table]:
    """The variables that boxed points of the part begin with, a table for each list of them.

    Where the heading says that they are variables, where all points of a list (two or more) begin with a name, and
    where a point says itself that the name is set, or to what. A name of one word (`PORT`) is one if the heading says
    so or another of the list has an underscore.
    """
    for listing in part.listings:
        points = [(entry.line, _named(entry.text)) for entry in listing.entries if entry.box is not None]
        named = [(line, match) for line, match in points if match]
        has_names = any(IDENTIFIER.fullmatch(match["name"]) for _, match in named)
        is_about = _ABOUT_VARIABLES.search(plain(part.title)) is not None
        if not (is_about or (has_names and len(named) == len(points) > 1)):
            named = [(line, match) for line, match in named if _says_set(match)]
        if named:
            rows = tuple(TableRow((f"`{match['name']}`", match["meaning"]), line) for line, match in named)
            yield Table(("Variable", "Meaning"), rows, listing.first, listing.last)


def _named(text: str) -> re.Match[str] | None:
    """The variable that a point begins with, and what it says of it."""
    match = _BOXED.match(text) or _GIVEN.match(text)
    return match if match and not FLAG.fullmatch(match["name"]) else None


def _says_set(match: re.Match[str]) -> bool:
    if not IDENTIFIER.fullmatch(match["name"]):
        return False
    return match.re is _GIVEN or _SAID_SET.match(match["meaning"]) is not None
