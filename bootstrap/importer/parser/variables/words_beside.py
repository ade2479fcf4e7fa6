"""Rules of a variable that stand in words beside it (pure): "required if ENABLE_STRIPE=1", "must start with `sk_`".

A rule that can be judged is taken into its column; one that cannot is named, so that nobody relies on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bootstrap.importer.parsed_runbook import Note, VariableRow
from bootstrap.importer.vocabulary import pattern, plain
from bootstrap.systems.value_rules.conditions import condition_in

# Characters of a cell that are searched; nobody describes a variable at greater length.
_CELL = 2_000
_REQUIRED = pattern("variable.word.required", r"\b(?:{})\s+(?P<condition>[^.;,]{1,200})")
_ALWAYS = pattern("variable.word.always", r"\A\W{0,3}(?:{})\W{0,3}(?:\Z|(?=[.;,]))")
_OPTIONAL = pattern("variable.word.optional", r"\A\W{0,3}(?:{})\W{0,3}(?:\Z|(?=[.;,]))")
_DEFAULT = pattern("variable.word.default", r"\b(?:{})\s{0,3}[:=]?\s{0,3}`(?P<value>[^`\n]{1,200})`")
_BY_ENVIRONMENT = pattern("variable.word.by_environment")
_PREFIX = pattern("variable.starts_with", r"\b(?:{})\s+[`\"']?(?P<prefix>[^\s`\"',;]{1,100})")


def with_words(row: VariableRow) -> VariableRow:
    """The row with the rules that its other cells tell in words, where no column gives them."""
    words = _words(row)
    if not words:
        return row
    required, default = _REQUIRED.search(words), _DEFAULT.search(words)
    when = _bare(required["condition"]) if required else ""
    when = when if condition_in(when) else ""
    when = when or ("yes" if _ALWAYS.match(words) else "no" if _OPTIONAL.match(words) else "")
    return replace(
        row,
        required_when=row.required_when or _bare(when),
        default=row.default or (default["value"] if default else ""),
        accepted=row.accepted or (words if _PREFIX.search(words) else ""),
    )


def not_understood(rows: Sequence[VariableRow]) -> Iterator[Note]:
    """Notes on rules in words that no report is judged by."""
    for row in rows:
        words = " ".join(filter(None, (_words(row), row.required_when, row.accepted)))[:_CELL] if row.name else ""
        required = _REQUIRED.search(words)
        if required and condition_in(_bare(required["condition"])) is None:
            yield Note(row.line, _UNJUDGED.format(row.name, _within(required.group()).strip(), _CONDITIONS))
        for match in _BY_ENVIRONMENT.finditer(words):
            yield Note(row.line, _UNJUDGED.format(row.name, match.group().strip(), _PLACES))


_UNJUDGED = "{}: “{}” is kept as text and not judged; {}"
_CONDITIONS = "a condition is FLAG_NAME=1, set(NAME), workers=1, joined by and, or, not"
_PLACES = "a variable is forbidden in every environment or in none"


def _words(row: VariableRow) -> str:
    """The cells that no column explains, as one text."""
    taken = {row.name, row.config_key, row.required_when, row.accepted, row.default, row.source_path}
    cells = [plain(cell) if "`" not in cell else cell for _, cell in row.cells]
    return " ".join(cell for cell in cells if cell and plain(cell) not in taken)[:_CELL]


def _bare(condition: str) -> str:
    return _within(condition).replace("`", "").strip(" .")


def _within(text: str) -> str:
    """The text up to the parenthesis that closes one before it: `A=1) and more` is `A=1`."""
    depth = 0
    for position, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return text[:position]
    return text
