"""Rules of a variable that can be checked (pure), from the words of a runbook.

The table's cells come first; what they leave open is taken from paragraphs of the section that are about the variable,
or about no variable in particular. A field stays empty where nothing is recognised; the words are stored in any case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from bootstrap.importer.parsed_runbook import VariableRow
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, first_match, pattern, patterns, plain, words


@dataclass(frozen=True)
class Meaning:
    """Fields of `ConfigVar`, by the same names; `fallback_to` is a variable's name."""

    format_rule: str = ""
    accepted_values: tuple[str, ...] = ()
    failure_mode: str = ""
    fallback_to: str = ""
    impact: str = ""
    consumers: tuple[str, ...] = ()
    read_at: str = ""
    source_kind: str = ""
    must_not_be_set: bool = False


_WORDS = re.IGNORECASE | re.DOTALL
# Characters that are read: patterns may take the square of it, and nobody describes a variable at greater length.
_CELL, _PROSE = 2_000, 20_000
_NO_DEFAULT = pattern("variable.no_default", r"({})?\s{0,20}(\(.*\))?\Z", _WORDS)
_ABSENT = f"(?:{words('variable.absent')})"
_FALLBACK = re.compile(r"falls? back to ([A-Z][A-Z0-9_]+)")
_FAILURES = patterns("variable.failure_mode", _WORDS)
_READ = patterns("variable.read_at", _WORDS)
_SOURCES = patterns("variable.source_kind", _WORDS)
_NOTHING = pattern("variable.no_source", r"\A(?:{})\Z")
_FORBIDDEN = pattern("variable.forbidden", flags=_WORDS)
_FILE = re.compile(r"\b[\w/]{1,200}\.(?:py|rb|js|ts|go|java|php)\b")


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of a section's prose, plain and on one line; `subjects` are the variables that it begins with."""

    text: str
    subjects: frozenset[str]


def read_prose(prose: str) -> tuple[Paragraph, ...]:
    """The markdown of a section as paragraphs. Flags are no subjects: they switch what the variables are for."""
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", plain(prose[:_PROSE])):
        text = " ".join(paragraph.split())
        first = re.split(r"(?<=[.:;])\s", text)[0]
        subjects = frozenset(name for name in IDENTIFIER.findall(first) if not FLAG.match(name))
        paragraphs.append(Paragraph(text, subjects))
    return tuple(paragraphs)


def meaning_of(row: VariableRow, prose: Sequence[Paragraph]) -> Meaning:
    """The rules of `row`, in a section with that prose."""
    about = " ".join(part.text for part in prose if not part.subjects or row.name in part.subjects)
    values = literals(row)
    return Meaning(
        format_rule="" if values else format_of(row),
        accepted_values=values,
        failure_mode=_failure(row, about),
        fallback_to=_fallback(row),
        impact=_impact(row.default) or _impact(row.required_when),
        consumers=tuple(dict.fromkeys(_FILE.findall(f"{row.config_key} {about}"))),
        read_at=_read_in(row.config_key) or _read_in(about),
        source_kind="" if _NOTHING.match(row.source_path) else _source_in(row.source_path),
        must_not_be_set=any(_FORBIDDEN.search(text) for text in (row.required_when, row.accepted)),
    )


# Cells and prose repeat from variable to variable.
_failure_in = lru_cache(maxsize=256)(partial(first_match, _FAILURES))
_read_in = lru_cache(maxsize=256)(partial(first_match, _READ))
_source_in = lru_cache(maxsize=256)(partial(first_match, _SOURCES))


def _fallback(row: VariableRow) -> str:
    match = _FALLBACK.search(row.default) or _FALLBACK.search(row.required_when)
    return match[1] if match and match[1] != row.name else ""


def _failure(row: VariableRow, about: str) -> str:
    """From the default, then from "required when", then from prose unless there is a default."""
    if _fallback(row):
        return "fallback_to"
    from_cells = _failure_in(row.default) or _failure_in(row.required_when)
    if from_cells:
        return from_cells
    from_prose = _failure_in(about)
    return from_prose if from_prose == "boot_fail" or _NO_DEFAULT.match(row.default.rstrip()) else ""


def _impact(cell: str) -> str:
    """The text in parentheses after `none`, as in `none (routes return 501 if unset)`, if it is about a failure."""
    match = re.search(r"\((.+)\)\s*\Z", cell[:_CELL], re.DOTALL)
    return match[1] if match and (_failure_in(match[1]) or re.search(_ABSENT, match[1])) else ""


# -- forms and literals ------------------------------------------------------------------------------------------------

_LENGTHS = patterns("variable.minimum_length")
_SCHEME = re.compile(r"\b([a-z][a-z0-9+.-]{1,20})://")
# Schemes that drivers accept for one another.
_TWINS = {"postgres": "postgresql", "postgresql": "postgres", "http": "https", "https": "http"}
_BOUNDS = re.compile(r"\b(\d{1,9})\s*(?:-|\u2013|\.\.|to|and)\s*(\d{1,9})\b")
_KINDS = patterns("variable.format", _WORDS)
_DOMAIN = pattern("variable.domain")
_EXAMPLE = pattern("variable.example", r"\b(?:{})\s")
_STARTS = pattern("variable.starts_with", r"\b(?:{})\s+[`\"']?(?P<prefix>[^\s`\"',;]{1,100})")
_WORD = re.compile(r"[A-Za-z0-9][\w.:/+-]*\Z")
_NO_LITERAL = pattern("variable.no_literal", r"(?:{})\Z")


def format_of(row: VariableRow) -> str:
    """A rule of `bootstrap/systems/value_rules/formats.py`; empty where the cell names none."""
    text = row.accepted[:_CELL]
    length = next((int(match[1]) for _, pattern_ in _LENGTHS if (match := pattern_.search(text))), 0)
    if length:
        return f"min_length:{length}"
    starts = _STARTS.search(text)
    if starts:
        return f"prefix:{starts['prefix'].rstrip('.')}"
    kind = first_match(_KINDS, text)
    if kind == "integer" and (bounds := _BOUNDS.search(text)) and int(bounds[1]) <= int(bounds[2]):
        return f"integer:{bounds[1]}..{bounds[2]}"
    if kind:
        return kind
    schemes = dict.fromkeys(_SCHEME.findall(text))
    if schemes:
        twins = [_TWINS[scheme] for scheme in schemes if scheme in _TWINS]
        return f"url:{','.join(dict.fromkeys([*schemes, *twins]))}"
    if re.search(r"\bURL\b", text):
        return "url"
    return "domain" if _DOMAIN.search(text) else ""


def literals(row: VariableRow) -> tuple[str, ...]:
    """The accepted values where the cell is a list of them (`production or development`) or one whole URL."""
    header = next((title for title, cell in row.cells if row.accepted and plain(cell) == row.accepted), "")
    text = re.sub(r"\s*\([^()]*\)\s*\Z", "", row.accepted[:_CELL])
    if "example" in header.lower() or _EXAMPLE.search(text) or "..." in text or "<" in text:
        return ()
    parts = [part.strip(" \"'") for part in re.split(r"\s*(?:,|\||\bor\b|、)\s*", text) if part.strip()]
    return _plain_values(parts)


def _plain_values(parts: Sequence[str]) -> tuple[str, ...]:
    usable = all(_WORD.match(part) and not _NO_LITERAL.match(part) and not part.endswith("://") for part in parts)
    if not usable or not parts or (len(parts) == 1 and not re.match(r"https?://", parts[0])):
        return ()
    booleans = {"0", "1", "true", "false", "on", "off", "yes", "no"}
    return () if {part.lower() for part in parts} <= booleans else tuple(dict.fromkeys(parts))
