"""The words by which levels are called (pure): which ladder a word is on, and how high.

A word alone says little: `high`, `full` and `may` are ordinary words. It is a level where it is all that a heading, a
cell or a mark says, and where the checklist has another rung of the same ladder.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bootstrap.importer.markdown.blocks import Block, Listing, Prose, Table
from bootstrap.importer.parser.boxes import box_alone
from bootstrap.importer.vocabulary import pattern, patterns, plain, short_title

# By name, the rungs of each ladder from the lowest.
_LADDERS: Final = (
    ("depth", patterns("level.depth")),
    ("metal", patterns("level.metal")),
    ("need", patterns("level.need")),
    ("weight", patterns("level.weight")),
)
_NUMBERED = pattern("level.numbered", r"(?P<name>{})[\s-]?(?P<number>\d{1,2})")
_CALLED = pattern("level.called", r"\s(?:{})$")
_EMOJI = "[\u2600-\u27bf\u2b00-\u2bff\U0001f300-\U0001faff]\ufe0f?"
CODE = rf":[a-z0-9_+-]{{2,40}}:|{_EMOJI}"
_CODED = re.compile(
    rf"(?P<code>{CODE})\s{{0,3}}(?:[=:|\u2013\u2014-]|means|is)?\s{{0,3}}(?P<word>[^\W_][\w -]{{0,30}})"
)
# In a sentence only the capitals of RFC 2119 are meant as levels.
_CAPITALS = re.compile(r"\b(?:MUST|SHALL|REQUIRED|SHOULD|RECOMMENDED|MAY|OPTIONAL)\b")


@dataclass(frozen=True)
class Rung:
    """A level as a text names it: `word` as written, `rank` from 0 for the lowest of its `ladder`."""

    ladder: str
    rank: int
    word: str


def rung_of(text: str) -> Rung | None:
    """The level that the whole text names, perhaps with `level`, `checks` or the like after it; else None."""
    word = _CALLED.sub("", plain(text).strip(" *_:.")).strip()
    if match := _NUMBERED.fullmatch(word):
        return Rung(match["name"].lower().rstrip("s"), int(match["number"]), word)
    for ladder, rungs in _LADDERS:
        for rank, (_, rung) in enumerate(rungs):
            if rung.fullmatch(word):
                return Rung(ladder, rank, word)
    return None


def rung_of_heading(title: str) -> Rung | None:
    """The level that a heading names: `Gold`, `Level 2: backups are tested`, `Basic checks (first day)`."""
    return rung_of(title) or rung_of(short_title(title))


def rung_in_sentence(text: str) -> Rung | None:
    """The first of the words of RFC 2119 in capitals; None in a text that has nothing but capitals."""
    match = None if text.isupper() else _CAPITALS.search(text)
    return rung_of(match.group()) if match else None


def legend_of(blocks: Sequence[Block]) -> dict[str, Rung]:
    """By code (an emoji or `:name:`), the level that a legend such as `🟢 basic, 🔵 full` gives it.

    A legend has two rungs of one ladder. Boxes (✅, ❌) are no codes of levels.
    """
    for block in blocks:
        found = {match["code"]: rung for match in _CODED.finditer(_text_of(block)) if (rung := _rung_at(match))}
        of_ladder: dict[str, dict[str, Rung]] = {}
        for code, rung in found.items():
            of_ladder.setdefault(rung.ladder, {})[code] = rung
        for codes in of_ladder.values():
            if len({rung.rank for rung in codes.values()}) > 1:
                return codes
    return {}


def _rung_at(match: re.Match[str]) -> Rung | None:
    if box_alone(match["code"]):
        return None
    words = match["word"].split()
    return next((rung for end in (3, 2, 1) if (rung := rung_of(" ".join(words[:end])))), None)


def _text_of(block: Block) -> str:
    """Its text without what is itself an item."""
    match block:
        case Prose():
            return plain(block.text)
        case Table():
            return "\n".join(" | ".join(cells) for cells in (block.header, *(row.cells for row in block.rows)))
        case Listing() if not block.has_boxes:
            return "\n".join(plain(entry.text) for entry in block.entries)
        case _:
            return ""
