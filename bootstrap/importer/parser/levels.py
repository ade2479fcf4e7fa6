"""The level of each item (pure): `(P0)`, `Level: full` beneath it, a code of a legend, a heading, MUST in its sentence.

Levels are taken where a checklist names at least two rungs of one ladder (`level_words.py`); of several ladders the one
that most items are on. docs/decisions/0024-levels.md says what reaching a level means.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bootstrap.importer.markdown.blocks import Block, Listing, Prose
from bootstrap.importer.markdown.heading_tree import Part
from bootstrap.importer.parsed_runbook import ItemRow, Note, SectionRow
from bootstrap.importer.parser.level_words import CODE, Rung, rung_in_sentence, rung_of, rung_of_heading
from bootstrap.importer.vocabulary import pattern, plain

# A column of a table becomes such a line in the body of its items.
_IN_BODY = pattern("level.column", r"^\s*[-*+]\s+(?:{})[:\uff1a]\s*(?P<word>\S.{0,59})$", re.IGNORECASE | re.MULTILINE)
_NEEDED_FOR = re.compile(r"^\s*[-*+]\s+Needed for:\s+(?P<words>\S.{0,299})$", re.MULTILINE)
_CODE_IN_BODY = re.compile(rf"^\s*[-*+]\s+[^:\n]{{1,60}}:\s+(?P<code>{CODE})$", re.MULTILINE)
_CODE_AT_EDGE = re.compile(rf"\A\s*(?P<first>{CODE})|(?P<last>{CODE})\s*\Z")
_MARK = re.compile(r"[(\[](?P<aside>[^()\[\]]{1,30})[)\]]|\A(?P<head>[^:]{1,30}):(?:\s|\Z)|\A(?P<bare>P\d)\s")
# A ladder that is no list of known words: what a column called level says, in the order of the text.
COLUMN = "column"
# MUST and SHOULD in sentences are levels where most items have one; elsewhere they are emphasis.
MOSTLY = 0.5
LONGEST_TEXT = 2_000  # characters of an item that are read
LONGEST_BODY = 20_000
LONGEST_LEVEL = 60
MOST_WORDS = 3  # of a level that no ladder has: more are a remark


@dataclass(frozen=True)
class Levels:
    """The sections, their items with levels; the levels, lowest first; notes on what is unsure."""

    sections: tuple[SectionRow, ...]
    levels: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def with_levels(part: Part, sections: Sequence[SectionRow], legend: Mapping[str, Rung]) -> Levels:
    """The sections of the checklist `part` with the level of each item. `legend` is of the whole document."""
    items = [item for section in sections for item in section.items]
    found = _found(part, items, legend)
    ladder = _ladder(list(found.values()))
    if not ladder:
        return Levels(tuple(sections))
    on_it = {key: [rung for rung in rungs if rung.ladder == ladder] for key, rungs in found.items()}
    words = _words(rung for rungs in on_it.values() for rung in rungs)
    own = {key: words[min(rung.rank for rung in rungs)] for key, rungs in on_it.items() if rungs}
    _inherit(items, own)
    filled = tuple(
        replace(section, items=tuple(replace(item, level=own.get(item.key, "")) for item in section.items))
        for section in sections
    )
    order = tuple(words[rank] for rank in sorted(words))
    return Levels(filled, order, tuple(_notes(part, ladder, order, len(items) - len(own))))


def _found(part: Part, items: Sequence[ItemRow], legend: Mapping[str, Rung]) -> dict[str, list[Rung]]:
    """By key, what says a level of each item; words of a column that no ladder has rank in the order of the text."""
    around = dict(_by_heading(part, None))
    said = {item.key: rung for item in items if (rung := rung_in_sentence(plain(item.text[:LONGEST_TEXT])))}
    said = said if len(said) >= MOSTLY * len(items) else {}
    found = {item.key: _rungs(item, legend, said.get(item.key), around.get(item.line)) for item in items}
    ranks: dict[str, int] = {}
    return {
        key: [
            replace(rung, rank=ranks.setdefault(rung.word.casefold(), len(ranks))) if rung.ladder == COLUMN else rung
            for rung in rungs
        ]
        for key, rungs in found.items()
    }


def _words(rungs: Iterable[Rung]) -> dict[int, str]:
    """By rank, the first word that the text has for it."""
    words: dict[int, str] = {}
    for rung in rungs:
        words.setdefault(rung.rank, rung.word[:LONGEST_LEVEL])
    return words


def _by_heading(part: Part, above: Rung | None) -> Iterator[tuple[int, Rung]]:
    """(line, level) of each point under a heading, or a paragraph of a word, that names a level."""
    here = above
    for block in part.blocks:
        if isinstance(block, Prose):
            here = _rung_of_paragraph(block) or here
        elif isinstance(block, Listing) and here:
            yield from ((entry.line, here) for entry in block.entries)
    for child in part.children:
        yield from _by_heading(child, rung_of_heading(child.title) or above)


def _rung_of_paragraph(block: Block) -> Rung | None:
    text = block.text if isinstance(block, Prose) else ""
    return rung_of(text) if len(text) <= LONGEST_LEVEL and "\n" not in text else None


def _rungs(item: ItemRow, legend: Mapping[str, Rung], said: Rung | None, around: Rung | None) -> list[Rung]:
    """What says a level of the item; of several on one ladder the nearest counts.

    `(optional)` is no level: nothing waits for such an item, whatever its level.
    """
    text = plain(item.text[:LONGEST_TEXT])
    rungs: list[Rung] = []
    groups = (
        _in_body(item.body[:LONGEST_BODY], legend),
        _marks(text, legend),
        filter(None, (said,)),
        filter(None, (around,)),
    )
    for group in groups:
        known = {rung.ladder for rung in rungs}
        rungs += [rung for rung in group if rung.ladder not in known and not (item.optional and _is_optional(rung))]
    return rungs


def _is_optional(rung: Rung) -> bool:
    return rung_of("optional") == replace(rung, word="optional")


def _in_body(body: str, legend: Mapping[str, Rung]) -> Iterator[Rung]:
    for match in _NEEDED_FOR.finditer(body):
        yield from (rung for word in match["words"].split(", ") if (rung := rung_of(word)))
    for match in _IN_BODY.finditer(body):
        word = plain(match["word"]).strip()
        if rung := legend.get(word) or rung_of(word):
            yield rung
        elif len(word.split()) <= MOST_WORDS:
            yield Rung(COLUMN, 0, word)
    yield from (legend[code] for code in _CODE_IN_BODY.findall(body) if code in legend)


def _marks(text: str, legend: Mapping[str, Rung]) -> Iterator[Rung]:
    for match in _CODE_AT_EDGE.finditer(text) if legend else ():
        if rung := legend.get(match["first"] or match["last"]):
            yield rung
    if rung := rung_of(text):
        yield rung
    for match in _MARK.finditer(text):
        if rung := rung_of(match["aside"] or match["head"] or match["bare"]):
            yield rung


def _ladder(found: Sequence[Sequence[Rung]]) -> str:
    """The ladder with two rungs that most items are on; empty without one."""
    rungs: dict[str, set[int]] = defaultdict(set)
    items: dict[str, int] = defaultdict(int)
    for of_item in found:
        for rung in of_item:
            rungs[rung.ladder].add(rung.rank)
        for ladder in {rung.ladder for rung in of_item}:
            items[ladder] += 1
    climbed = [ladder for ladder, ranks in rungs.items() if len(ranks) > 1]
    return max(climbed, key=lambda ladder: items[ladder], default="")


def _inherit(items: Sequence[ItemRow], own: dict[str, str]) -> None:
    """Adds to `own` the points beneath one with a level that say none themselves."""
    path: list[ItemRow] = []
    for item in items:
        while path and path[-1].depth >= item.depth:
            path.pop()
        if path and item.key not in own and path[-1].key in own:
            own[item.key] = own[path[-1].key]
        path.append(item)


def _notes(part: Part, ladder: str, order: Sequence[str], without: int) -> Iterator[Note]:
    if ladder == COLUMN:
        text = f"levels {', '.join(order)}: in the order in which the text first names them, the first for the lowest"
        yield Note(part.line, text)
    if without:
        items = "1 item has" if without == 1 else f"{without} items have"
        yield Note(part.line, f"{items} no level; the highest one, “{order[-1]}”, waits for them too")
