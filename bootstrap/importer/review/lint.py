"""Contradictions within a runbook (pure), with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bootstrap.importer.markdown.blocks import Block, Code, Heading, Listing, Prose, Table
from bootstrap.importer.parsed_runbook import Note, ParsedRunbook
from bootstrap.importer.parser.variables.expected_values import disagreements
from bootstrap.importer.vocabulary import FLAG, pattern, plain

_FAILS_UNLESS = pattern("contradiction.fails_unless", flags=re.NOFLAG)
_REFUSES_EMPTY = pattern("contradiction.refuses_empty")
_REMOVED_FIRST = pattern("contradiction.removed_first", flags=re.NOFLAG)
_STAYS_UNTIL_FLAG = pattern("item.stays_until_flag")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WORD = re.compile(r"\w+")
# Words after it explain: `none (routes return 501)`. What goes on is a default: `-1`, `none-such`.
_NO_DEFAULT = pattern("variable.no_default", r"(?:{})(?![\w.:/-])")


def lint(runbook: ParsedRunbook) -> tuple[Note, ...]:
    """All findings, by line."""
    lines = list(lines_of(runbook.blocks))
    first_line = _first_lines(lines)
    findings = [
        *_two_orders(runbook.blocks),
        *_defaults_that_switch_checks_off(runbook),
        *_defaults_beside_a_refusal(runbook),
        *_flags_without_items(runbook, first_line),
        *_flags_of_two_names(runbook, first_line),
        *_postures_after_the_review(runbook, lines),
        *_items_that_disagree(runbook),
    ]
    return tuple(sorted(findings, key=lambda note: note.line))


def lines_of(blocks: tuple[Block, ...]) -> Iterator[tuple[int, str]]:
    """(line, plain text) of all blocks."""
    for block in blocks:
        match block:
            case Heading():
                yield block.first, plain(block.text)
            case Prose() | Code():
                offset = isinstance(block, Code)
                for number, text in enumerate(block.text.split("\n"), block.first + offset):
                    yield number, plain(text)
            case Table():
                yield block.first, plain(" | ".join(block.header))
                for row in block.rows:
                    yield row.line, plain(" | ".join(row.cells))
            case Listing():
                for entry in block.entries:
                    yield entry.line, plain(f"{entry.text} {entry.body}")


def _two_orders(blocks: tuple[Block, ...]) -> Iterator[Note]:
    """ "Not before X is removed" beside "X stays until the flag is on": each step waits for the other."""
    for block in blocks:
        if not isinstance(block, Prose):
            continue
        text = " ".join(plain(block.text).split("\n"))
        removed, stays = _REMOVED_FIRST.search(text), _STAYS_UNTIL_FLAG.search(text)
        if removed and stays and removed["thing"].lower() == stays["thing"].lower():
            thing = removed["thing"]
            yield Note(
                block.first,
                f"gives two orders: the flag only once {thing} is gone, and {thing} only until the flag is on",
            )


def _defaults_that_switch_checks_off(runbook: ParsedRunbook) -> Iterator[Note]:
    rows = {row.name: row for section in runbook.sections for row in section.variables if row.name}
    for row in rows.values():
        fails = _FAILS_UNLESS.search(row.required_when)
        other = rows.get(fails["name"]) if fails else None
        if fails and other and _has_default(other.default) and fails["value"] not in other.default:
            yield Note(
                other.line,
                f"{other.name} is {other.default} by default, which switches off the check of {row.name} "
                f"(it fails fast with {fails['name']}={fails['value']} only)",
            )


def _defaults_beside_a_refusal(runbook: ParsedRunbook) -> Iterator[Note]:
    for section in runbook.sections:
        if _REFUSES_EMPTY.search(" ".join(plain(section.prose).split("\n"))):
            for row in section.variables:
                if row.name and _has_default(row.default):
                    yield Note(
                        row.line,
                        f"{row.name} has the default {row.default}, "
                        "yet the text says that the start is refused if it is empty",
                    )


def _has_default(default: str) -> bool:
    return bool(default) and not _NO_DEFAULT.match(default) and "falls back" not in default


def _flags_without_items(runbook: ParsedRunbook, first_line: dict[str, int]) -> Iterator[Note]:
    covered = {item.flag for item in runbook.items}
    covered |= {
        flag for section in runbook.sections for row in section.variables for flag in FLAG.findall(row.required_when)
    }
    for flag in runbook.flags:
        if flag not in covered:
            yield Note(first_line.get(flag, 0), f"{flag} is named, but no item turns it on and no variable asks for it")


def _flags_of_two_names(runbook: ParsedRunbook, first_line: dict[str, int]) -> Iterator[Note]:
    for flag in runbook.flags:
        other = flag.split("_", 1)[1].lower()
        if "_" in other and (line := first_line.get(other)):
            yield Note(line, f"one flag under two names: {other} and {flag}")


def _postures_after_the_review(runbook: ParsedRunbook, lines: list[tuple[int, str]]) -> Iterator[Note]:
    reviewed = next((_DATE.search(value) for key, value in runbook.facts if "review" in key.lower()), None)
    for posture in runbook.postures:
        if reviewed and posture.date > reviewed.group():
            mark = f"posture ({posture.date})"
            line = next((number for number, text in lines if mark in text), posture.line)
            yield Note(line, f"the posture of {posture.date} is newer than the last review ({reviewed.group()})")


def _items_that_disagree(runbook: ParsedRunbook) -> Iterator[Note]:
    for first, other, environment in disagreements(runbook):
        where = "" if environment == "*" else f" in {environment}"
        wanted = " and ".join(dict(item.values)[environment] for item in (first, other))
        yield Note(
            other.line,
            f"{other.variables[0]} has to be two things{where}, {wanted}: line {first.line} wants the first, "
            "so reports are compared with neither",
        )


def _first_lines(lines: list[tuple[int, str]]) -> dict[str, int]:
    """The first line of each name; one pass, as a search for each of a thousand flags takes seconds."""
    first: dict[str, int] = {}
    for line, text in lines:
        if "_" in text:
            for word in _WORD.findall(text):
                first.setdefault(word, line)
    return first
