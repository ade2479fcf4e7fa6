"""Source lines side by side with what was understood of them (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bootstrap.importer.markdown.block_edits import name_of
from bootstrap.importer.markdown.blocks import Block, Code, Heading, Listing, Prose, Table
from bootstrap.importer.parsed import Note, Runbook
from bootstrap.importer.parser.expected_values import expected_values
from bootstrap.importer.review.item_summary import badges, in_words, wanted_words

# A page of more rows is slow to draw and to scroll; seed 001 has 100 blocks.
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
    """A block of the source: its lines, what it was taken for, what is unsure, what contradicts itself.

    `field` is what it is called in the form when it is edited; empty where it is too long to be shown whole.
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
        """Lines of the field in which it is edited."""
        return min(max(self.source.count("\n") + 2, 3), UNFOLDED)

    @property
    def opening(self) -> str:
        """Its first line, cut."""
        return self.source.split("\n", 1)[0][:80]


@dataclass(frozen=True)
class Pages:
    """The rows of one page and the first line of each page (`here` is that of this one); how many blocks there are."""

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


def notes_of(runbook: Runbook, findings: Iterable[Note], rows: Sequence[Row]) -> list[Noted]:
    """All contradictions (`findings`), then all that is unsure."""
    blocks = [row.first for row in rows]
    told = [("contradiction", note) for note in findings] + [("unsure", note) for note in runbook.unsure]
    return [
        Noted(note.line, blocks[max(0, bisect_right(blocks, note.line) - 1)], kind, note.text) for kind, note in told
    ]


def preview(text: str, runbook: Runbook, findings: Iterable[Note]) -> list[Row]:
    """One row for each block, in order; `findings` are what contradicts itself."""
    lines = text.split("\n")
    understood, unsure, lint = _by_line(_meanings(runbook)), _by_line(_told(runbook.unsure)), _by_line(_told(findings))
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


Said = TypeVar("Said")


def _by_line(told: Iterable[tuple[int, Said]]) -> dict[int, list[Said]]:
    found: dict[int, list[Said]] = defaultdict(list)
    for line, said in told:
        found[line].append(said)
    return found


def _within(told: dict[int, list[Said]], block: Block) -> tuple[Said, ...]:
    return tuple(said for line in range(block.first, block.last + 1) for said in told.get(line, ()))


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


def _meanings(runbook: Runbook) -> Iterator[tuple[int, Understood]]:
    wanted = expected_values(runbook)
    for checklist in runbook.checklists:
        yield checklist.line, Understood(f"checklist “{checklist.slug}” ({checklist.kind.replace('_', '-')})")
        for section in checklist.sections:
            gates = f", gated by {f' {section.gate} '.join(section.gate_flags)}" if section.gate_flags else ""
            yield section.line, Understood(f"section “{section.slug}”{gates}")
            for row in section.variables:
                yield row.line, Understood(_variable(row.name, wanted) if row.name else "no variable")
            for item in section.items:
                yield item.line, Understood(f"item {item.key} ({item.kind}){in_words(item)}", badges(item))
    for row in runbook.other_variables:
        yield row.line, Understood(_variable(row.name, wanted))
    for policy in runbook.policies:
        yield policy.line, Understood(f"policy “{policy.slug}”")
    for incident in runbook.incidents:
        yield incident.line, Understood(f"incident “{incident.title}”")
    for reference in runbook.references:
        yield reference.line, Understood(f"reference to {reference.target}")


def _variable(name: str, wanted: Mapping[str, Mapping[str, str]]) -> str:
    values = ", ".join(wanted_words({place: value for place, value in wanted.get(name, {}).items() if value}))
    return f"variable {name}, compared with {values}" if values else f"variable {name}"


def _told(notes: Iterable[Note]) -> Iterator[tuple[int, str]]:
    for note in notes:
        yield note.line, note.text
