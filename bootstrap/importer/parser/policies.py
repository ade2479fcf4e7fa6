"""The text of a policy (pure), with matrices and examples, without its incidents and its checklist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from bootstrap.importer.markdown.blocks import Block, Code, Heading, Table
from bootstrap.importer.markdown.render import render
from bootstrap.importer.parsed_runbook import ChecklistPart, ParsedRunbook, PolicyPart
from bootstrap.importer.parser.incidents import is_incident_table

_WORD = re.compile(r"`[^`]+`|\S+")


@dataclass(frozen=True)
class PolicyText:
    """`checklist` is the one within the policy; None where there is none."""

    text: str
    tables: tuple[Table, ...]
    examples: tuple[Code, ...]
    checklist: ChecklistPart | None


def policy_text(runbook: ParsedRunbook, policy: PolicyPart) -> PolicyText:
    """The policy's blocks without incidents and checklist, and without headings that have nothing left."""
    blocks = list(_within(runbook.blocks, policy.line))
    lines = {block.first for block in blocks}
    checklist = next((part for part in runbook.checklists if part.line in lines), None)
    gone = {block.first for block in _within(blocks, checklist.line)} | {checklist.line} if checklist else set()
    kept = [block for block in blocks if block.first not in gone and not is_incident_table(block)]
    shown = [block for block, following in zip_longest(kept, kept[1:]) if not _is_bare(block, following)]
    return PolicyText(
        render(shown),
        tuple(block for block in shown if isinstance(block, Table)),
        tuple(block for block in shown if isinstance(block, Code)),
        checklist,
    )


def is_examples(table: Table) -> bool:
    """Whether each cell is code or a single word, as flattened text has lost its code marks; else it is a matrix."""
    return all(_WORD.fullmatch(cell.strip()) for row in table.rows for cell in row.cells)


def _within(blocks: Sequence[Block], line: int) -> Iterator[Block]:
    """The blocks beneath the heading at `line`, up to the next one of its level."""
    level = None
    for block in blocks:
        if level is not None:
            if isinstance(block, Heading) and block.level <= level:
                return
            yield block
        elif isinstance(block, Heading) and block.first == line:
            level = block.level


def _is_bare(block: Block, following: Block | None) -> bool:
    """A heading with nothing of its own beneath it."""
    if not isinstance(block, Heading):
        return False
    return following is None or (isinstance(following, Heading) and following.level <= block.level)
