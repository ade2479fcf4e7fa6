"""What a runbook's words say of a variable in terms that can be judged (pure).

The table's cells come first; what they leave open is taken from the prose of the section, where its paragraph speaks of
the variable or of no variable in particular. Where nothing is recognised a field stays empty: the words are kept in any
case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from bootstrap.importer.parsed import VariableRow
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
# Nobody tells of a variable at greater length; the patterns may take the square of it.
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
    found = []
    for paragraph in re.split(r"\n\s*\n", plain(prose[:_PROSE])):
        text = " ".join(paragraph.split())
        first = re.split(r"(?<=[.:;])\s", text)[0]
        found.append(Paragraph(text, frozenset(name for name in IDENTIFIER.findall(first) if not FLAG.match(name))))
    return tuple(found)


def meaning_of(row: VariableRow, prose: Sequence[Paragraph]) -> Meaning:
    """What `row` means, in a section that says `prose`."""
    about = " ".join(part.text for part in prose if not part.subjects or row.name in part.subjects)
    values = literals(row)
    return Meaning(
        format_rule="" if values else format_of(row),
        accepted_values=values,
        failure_mode=_failure(row, about),
        fallback_to=_fallback(row),
        impact=_impact(row.default) or _impact(row.required_when),
        consumers=_consumers(row.config_key, about),
        read_at=_read_in(row.config_key) or _read_in(about),
        source_kind="" if _NOTHING.match(row.source_path) else _source_in(row.source_path),
        must_not_be_set=any(_FORBIDDEN.search(text) for text in (row.required_when, row.accepted)),
    )


# Cells and prose say the same of many variables: what was found in a text is kept for the next one.
_failure_in = lru_cache(maxsize=256)(partial(first_match, _FAILURES))
_read_in = lru_cache(maxsize=256)(partial(first_match, _READ))
_source_in = lru_cache(maxsize=256)(partial(first_match, _SOURCES))


def _fallback(row: VariableRow) -> str:
    found = _FALLBACK.search(row.default) or _FALLBACK.search(row.required_when)
    return found[1] if found and found[1] != row.name else ""


def _failure(row: VariableRow, about: str) -> str:
    """From the cell of the default, then of "required when", then from prose unless a default stands in."""
    if _fallback(row):
        return "fallback_to"
    told = _failure_in(row.default) or _failure_in(row.required_when)
    if told:
        return told
    from_prose = _failure_in(about)
    return from_prose if from_prose == "boot_fail" or _NO_DEFAULT.match(row.default.rstrip()) else ""


def _impact(cell: str) -> str:
    """What stands in parentheses after `none`: `none (routes return 501 if unset)`; examples of places do not."""
    found = re.search(r"\((.+)\)\s*\Z", cell[:_CELL], re.DOTALL)
    return found[1] if found and (_failure_in(found[1]) or re.search(_ABSENT, found[1])) else ""


def _consumers(*texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for text in texts for name in _FILE.findall(text)))


# -- forms and literals ------------------------------------------------------------------------------------------------

_LENGTHS = patterns("variable.minimum_length")
_SCHEME = re.compile(r"\b([a-z][a-z0-9+.-]{1,20})://")
# Two spellings that drivers take for one another.
_TWINS = {"postgres": "postgresql", "postgresql": "postgres", "http": "https", "https": "http"}
_BOUNDS = re.compile(r"\b(\d{1,9})\s*(?:-|\u2013|\.\.|to|and)\s*(\d{1,9})\b")
_KINDS = patterns("variable.format", _WORDS)
_DOMAIN = pattern("variable.domain")
_EXAMPLE = pattern("variable.example", r"\b(?:{})\s")
_WORD = re.compile(r"[A-Za-z0-9][\w.:/+-]*\Z")
_NO_LITERAL = pattern("variable.no_literal", r"(?:{})\Z")


def format_of(row: VariableRow) -> str:
    """A rule of `bootstrap/systems/value_rules/formats.py`, or nothing where the words say none."""
    text = row.accepted[:_CELL]
    length = next((found[1] for _, length in _LENGTHS if (found := length.search(text))), "0")
    if int(length):
        return f"min_length:{int(length)}"
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
