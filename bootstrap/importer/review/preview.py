"""Source lines side by side with what was parsed from them (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bootstrap.importer.markdown.block_edits import name_of
from bootstrap.importer.markdown.blocks import Block, Code, Heading, Listing, Prose, Table
from bootstrap.importer.parsed_runbook import Note, ParsedRunbook
from bootstrap.importer.parser.variables.expected_values import expected_values
from bootstrap.importer.review.summary import badges, in_words, values_in_words

# A page of more rows is slow to draw and to scroll; a long runbook has 100 blocks.
ROWS_A_PAGE = 200
# Longer ones are cut in the preview alone: the browser must not choke on a line of a megabyte.
LONGEST_SOURCE = 4000
# Longer ones are folded: a screen of code says little about how it was understood.
UNFOLDED = 20


@dataclass(frozen=True)
class Understood:
    """A sentence, and badges for what is special about it."""

    text: str
    badges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A block of the source: its lines, what was parsed from it, what is unsure, what contradicts itself.

    `field` is its name in the form; empty where it is too long to be edited.
    """

    first: int
    last: int
    source: str
    kind: str
    understood: tuple[Understood, ...]
    unsure: tuple[str, ...]
    lint: tuple[str, ...]
    field: str = ""

    @property
    def is_folded(self) -> bool:
        return self.last - self.first >= UNFOLDED

    @property
    def height(self) -> int:
        """The height of its input, in lines."""
        return min(max(self.source.count("\n") + 2, 3), UNFOLDED)

    @property
    def opening(self) -> str:
        """Its first line, cut."""
        return self.source.split("\n", 1)[0][:80]


@dataclass(frozen=True)
class Pages:
    """The rows of one page; the first line of each page, `here` of this one; the number of all blocks."""

    rows: list[Row]
    starts: tuple[int, ...]
    here: int
    blocks: int

    @property
    def last_line(self) -> int:
        return self.rows[-1].last if self.rows else 0


@dataclass(frozen=True)
class Noted:
    """A note on a line of the block that begins at `block`."""

    line: int
    block: int
    kind: str
    text: str


def page_at(rows: list[Row], line: int) -> Pages:
    """The page that holds `line`; the first for a line before all, the last for one after all."""
    starts = tuple(row.first for row in rows[::ROWS_A_PAGE])
    number = max(0, bisect_right(starts, line) - 1)
    shown = rows[number * ROWS_A_PAGE : (number + 1) * ROWS_A_PAGE]
    return Pages(shown, starts, starts[number] if starts else 0, len(rows))


def notes_of(runbook: ParsedRunbook, findings: Iterable[Note], rows: Sequence[Row]) -> list[Noted]:
    """All contradictions (`findings`), then all that is unsure."""
    blocks = [row.first for row in rows]
    notes = [("contradiction", note) for note in findings] + [("unsure", note) for note in runbook.unsure]
    return [
        Noted(note.line, blocks[max(0, bisect_right(blocks, note.line) - 1)], kind, note.text) for kind, note in notes
    ]


def preview(text: str, runbook: ParsedRunbook, findings: Iterable[Note]) -> list[Row]:
    """One row for each block, in order; `findings` are what contradicts itself."""
    lines = text.split("\n")
    understood = _by_line(_meanings(runbook))
    unsure = _by_line((note.line, note.text) for note in runbook.unsure)
    lint = _by_line((note.line, note.text) for note in findings)
    sources = ["\n".join(lines[block.first - 1 : block.last]) for block in runbook.blocks]
    return [
        Row(
            block.first,
            block.last,
            _shown(source),
            _kind(block),
            _within(understood, block),
            _within(unsure, block),
            _within(lint, block),
            name_of(block.first, block.last, source) if len(source) <= LONGEST_SOURCE else "",
        )
        for block, source in zip(runbook.blocks, sources, strict=True)
    ]


def _shown(source: str) -> str:
    left_out = len(source) - LONGEST_SOURCE
    return source if left_out <= 0 else f"{source[:LONGEST_SOURCE]}… ({left_out:,} more characters)"


Remark = TypeVar("Remark", str, Understood)


def _by_line(remarks: Iterable[tuple[int, Remark]]) -> dict[int, list[Remark]]:
    by_line: dict[int, list[Remark]] = defaultdict(list)
    for line, remark in remarks:
        by_line[line].append(remark)
    return by_line


def _within(by_line: dict[int, list[Remark]], block: Block) -> tuple[Remark, ...]:
    return tuple(remark for line in range(block.first, block.last + 1) for remark in by_line.get(line, ()))


def _kind(block: Block) -> str:
    match block:
        case Heading():
            return f"heading, level {block.level}"
        case Table():
            return f"table, {_counted(len(block.rows), 'row')}"
        case Listing():
            return f"list, {_counted(len(block.entries), 'point')}"
        case Code():
            return "code"
        case Prose():
            return "text"


def _counted(number: int, one: str) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {one}s"


def _meanings(runbook: ParsedRunbook) -> Iterator[tuple[int, Understood]]:
    expected = expected_values(runbook)
    for checklist in runbook.checklists:
        levels = f"; levels, lowest first: {', '.join(checklist.levels)}" if checklist.levels else ""
        kind = checklist.kind.replace("_", "-")
        yield checklist.line, Understood(f"checklist “{checklist.slug}” ({kind}){levels}")
        for section in checklist.sections:
            gates = f", gated by {f' {section.gate} '.join(section.gate_flags)}" if section.gate_flags else ""
            yield section.line, Understood(f"section “{section.slug}”{gates}")
            for row in section.variables:
                yield row.line, Understood(_variable(row.name, expected) if row.name else "no variable")
            for item in section.items:
                yield item.line, Understood(f"item {item.key} ({item.kind}){in_words(item)}", badges(item))
    for row in runbook.other_variables:
        yield row.line, Understood(_variable(row.name, expected))
    for policy in runbook.policies:
        yield policy.line, Understood(f"policy “{policy.slug}”")
    for incident in runbook.incidents:
        yield incident.line, Understood(f"incident “{incident.title}”")
    for reference in runbook.references:
        yield reference.line, Understood(f"reference to {reference.target}")


def _variable(name: str, expected: Mapping[str, Mapping[str, str]]) -> str:
    values = ", ".join(values_in_words({place: value for place, value in expected.get(name, {}).items() if value}))
    return f"variable {name}, compared with {values}" if values else f"variable {name}"
