"""What a runbook's words say of a variable in terms that can be judged (pure).

The table's cells come first; what they leave open is taken from the prose of the section, where its paragraph speaks of
the variable or of no variable in particular. Where nothing is recognised a field stays empty: the words are kept in any
case.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from bootstrap.importer.parsed import VariableRow
from bootstrap.importer.vocabulary import FLAG, IDENTIFIER, plain


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
_NO_DEFAULT = re.compile(r"(none|n/a|not set|unset|[-—\u2013]|\"\"|'')?\s{0,20}(\(.*\))?\Z", _WORDS)
_ABSENT = r"(?:absent|unset|missing|empty|skipp?ed|skip|not set|without|nothing|no-?ops?)"
_FALLBACK = re.compile(r"falls? back to ([A-Z][A-Z0-9_]+)")
# The first that fits tells; what names a status stands before what says only that something is left out.
_FAILURES = (
    (
        "boot_fail",
        re.compile(
            r"refuses? to start|will not start|does not start|fails? (?:fast|validation|at (?:boot|start))"
            r"|(?:does )?not pass validation|start\w{0,20} fails|aborts",
            _WORDS,
        ),
    ),
    ("http_501", re.compile(r"\b501\b", _WORDS)),
    ("http_503", re.compile(r"\b503\b", _WORDS)),
    ("degrade_and_log", re.compile(r"degrades?\b|logs? (?:an? )?(?:error|warning)", _WORDS)),
    ("silent_skip", re.compile(r"\bskip(?:s|ped)?\b|without a word", _WORDS)),
    ("silent_noop", re.compile(r"no-?ops?\b|do(?:es)? nothing|send nothing", _WORDS)),
)
_READ = (
    ("call", re.compile(r"(?:at|on each|per) call|when they are called", _WORDS)),
    ("init", re.compile(r"at init|initiali[sz]ation", _WORDS)),
    ("boot", re.compile(r"at (?:boot|start-?up|start\b)|read (?:directly )?by flask|flask reads", _WORDS)),
)
_SOURCES = (
    ("host_managed", re.compile(r"\bmanaged\b", _WORDS)),
    ("inline", re.compile(r"\binline\b", _WORDS)),
    ("vault", re.compile(r"\A/|vault|infisical|://", _WORDS)),
    ("other", re.compile(r"\w", _WORDS)),
)
_NOTHING = re.compile(r"\A(?:n/?a|none|[-—\u2013]|)\Z", re.IGNORECASE)
_FORBIDDEN = re.compile(r"\b(?:must|may) not be set|\bforbidden\b|\bmust be (?:unset|absent)\b|\Anot allowed\b", _WORDS)
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


def _first(patterns: Iterable[tuple[str, re.Pattern[str]]], text: str) -> str:
    return next((name for name, pattern in patterns if pattern.search(text)), "")


# Cells and prose say the same of many variables: what was found in a text is kept for the next one.
_failure_in = lru_cache(maxsize=256)(partial(_first, _FAILURES))
_read_in = lru_cache(maxsize=256)(partial(_first, _READ))
_source_in = lru_cache(maxsize=256)(partial(_first, _SOURCES))


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

_LENGTH = (
    re.compile(r"\b(\d{1,4})\s*\+\s*-?\s*(?:char|byte|digit|symbol)", re.IGNORECASE),
    re.compile(r"(?:at least|min(?:imum|\.)?(?: of)?|>=?)\s*(\d{1,4})\s*-?(?:char|byte|digit|symbol)", re.IGNORECASE),
    re.compile(r"\b(\d{1,4})\s*-?(?:char|byte|digit|symbol)\w*\s+(?:or (?:more|longer)|min)", re.IGNORECASE),
    # A token of 64 random bytes has more characters than 64 in any spelling.
    re.compile(r"\b(\d{1,4})-byte\b.*\b(?:token|secret|key)", re.IGNORECASE),
    re.compile(r"\b(?:token|secret|key)\b.*\bof (\d{1,4}) bytes", re.IGNORECASE),
)
_SCHEME = re.compile(r"\b([a-z][a-z0-9+.-]{1,20})://")
# Two spellings that drivers take for one another.
_TWINS = {"postgres": "postgresql", "postgresql": "postgres", "http": "https", "https": "http"}
_BOUNDS = re.compile(r"\b(\d{1,9})\s*(?:-|\u2013|\.\.|to|and)\s*(\d{1,9})\b")
_KINDS = (
    ("origins", re.compile(r"\A(?=.*\borigins\b)(?=.*comma)", _WORDS)),
    ("dsn", re.compile(r"\bdsn\b", _WORDS)),
    ("origin", re.compile(r"\borigin\b", _WORDS)),
    (
        "boolean",
        re.compile(r"\bbool(?:ean)?\b|\btrue\s*(?:/|or|,)\s*false\b|\b0\s*(?:/|or)\s*1\b|\bon\s*/\s*off\b", _WORDS),
    ),
    ("integer", re.compile(r"\b(?:integer|whole number|number of|port number|seconds|milliseconds)\b", _WORDS)),
)
_DOMAIN = re.compile(r"\bdomain\b|\bhost ?name\b|\bfqdn\b", re.IGNORECASE)
_EXAMPLE = re.compile(r"\b(?:e\.\s?g\.|for example|such as|like)\s", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9][\w.:/+-]*\Z")
_NO_LITERAL = re.compile(
    r"(?:string|integer|number|boolean|null|none|any|text|url|token|secret|empty|unset)\Z", re.IGNORECASE
)


def format_of(row: VariableRow) -> str:
    """A rule of `bootstrap/systems/value_rules/formats.py`, or nothing where the words say none."""
    text = row.accepted[:_CELL]
    length = next((found[1] for pattern in _LENGTH if (found := pattern.search(text))), "0")
    if int(length):
        return f"min_length:{int(length)}"
    kind = _first(_KINDS, text)
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
