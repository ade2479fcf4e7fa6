"""Writes the variables that a runbook names and keeps what people have changed since.

The `imported` of a variable is what the last imported text gave for each field. A field follows the newest text only
while it equals that (or, never imported, its default): what a person or a manifest has changed stays, also where it was
emptied. This is a three-way merge, so no page has to note who changed which field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bootstrap.importer.parsed_runbook import ParsedRunbook, VariableRow
from bootstrap.importer.parser.variables.expected_values import expected_values
from bootstrap.importer.parser.variables.rules import Meaning, Paragraph, meaning_of, read_prose
from bootstrap.systems.models import App, ConfigVar
from opsconsole.lib.db.bulk_insert import insert_rows

# Longest values of a variable's columns; the whole text stays in the row of its section's table.
_LIMITS = {
    "config_key": 200,
    "required_when": 300,
    "accepted": 2000,
    "default": 300,
    "source_path": 300,
    "generator": 300,
}
_RULE_LENGTH = 200
_FIELDS = (
    *_LIMITS,
    *(field.name for field in dataclasses.fields(Meaning) if field.name != "fallback_to"),
    "expected_values",
)


@dataclass(frozen=True)
class WrittenVariables:
    """The ids of all variables of an application by name; how many were added, and of how many the text changed."""

    ids: dict[str, int]
    added: int
    changed: int


def write_variables(runbook: ParsedRunbook, app: App) -> WrittenVariables:
    """Add the variables that the runbook names, and update those that are there."""
    rows = {row.name: (row, prose) for row, prose in _rows(runbook)}
    known = {variable.name: variable for variable in ConfigVar.objects.filter(app=app).select_related("fallback_to")}
    # A person may have marked a variable as secret whose name does not show it.
    secret = {name for name, variable in known.items() if variable.secret}
    expected = {name: values for name, values in expected_values(runbook).items() if name not in secret}
    texts = {name: _fields(row, prose, expected.get(name, {})) for name, (row, prose) in rows.items()}
    ids = {name: variable.pk for name, variable in known.items()}
    ids |= insert_rows(
        ConfigVar, (_new(app, row, texts[name]) for name, (row, _) in rows.items() if name not in known), key="name"
    )
    # The fallback of a new variable may be new itself, so its id is known only now.
    fallbacks = {name: ids.get(texts[name]["fallback_to"]) for name in rows if name not in known}
    changed = list(ConfigVar.objects.filter(pk__in=[ids[name] for name, other in fallbacks.items() if other]))
    for variable in changed:
        variable.fallback_to_id = fallbacks[variable.name]
    followed = [known[name] for name in rows if name in known and _follow(known[name], texts[name], ids)]
    changed += followed
    # An upsert of existing rows: an update with a case for each row and field takes ten times as long.
    ConfigVar.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["id"], update_fields=[*_FIELDS, "fallback_to", "imported"]
    )
    return WrittenVariables(ids, added=len(rows.keys() - known.keys()), changed=len(followed))


def complete_variables(runbook: ParsedRunbook, app: App) -> int:
    """Add expected values to variables that were imported before these were read; one or two statements. Returns to
    how many.

    Variables imported with expected values stay as they are: another text may have changed them since.
    """
    expected = expected_values(runbook)
    rows = ConfigVar.objects.filter(app=app, name__in=expected, secret=False)
    old = list(rows.exclude(imported={}).exclude(imported__has_key="expected_values"))
    for variable in old:
        variable.imported["expected_values"] = expected[variable.name]
        variable.expected_values = variable.expected_values or expected[variable.name]
    ConfigVar.objects.bulk_update(old, ["expected_values", "imported"], batch_size=500)
    return len(old)


def _new(app: App, row: VariableRow, fields: dict[str, Any]) -> dict[str, Any]:
    own = {name: fields[name] for name in _FIELDS}
    return {"app_id": app.pk, "name": row.name, "secret": row.secret, "imported": fields, **own}


def _rows(runbook: ParsedRunbook) -> Iterable[tuple[VariableRow, Sequence[Paragraph]]]:
    for section in runbook.sections:
        prose = read_prose(section.prose)
        yield from ((row, prose) for row in section.variables if row.name)
    yield from ((row, ()) for row in runbook.other_variables)


def _fields(row: VariableRow, prose: Sequence[Paragraph], expected: dict[str, str]) -> dict[str, Any]:
    """The fields of a variable as the text gives them, as JSON; `expected` are its values by environment."""
    fields: dict[str, Any] = {name: getattr(row, name)[:limit] for name, limit in _LIMITS.items()}
    for name, value in vars(meaning_of(row, prose)).items():
        fields[name] = list(value) if isinstance(value, tuple) else value
    fields["accepted_values"] = [value for value in fields["accepted_values"] if len(value) <= _RULE_LENGTH]
    fields["expected_values"] = {} if row.secret else expected
    fields["consumers"] = [name[:200] for name in fields["consumers"]]
    if len(fields["format_rule"]) > _RULE_LENGTH:
        fields["format_rule"] = ""
    return fields


def _follow(variable: ConfigVar, fields: dict[str, Any], ids: dict[str, int]) -> bool:
    """Update fields that nobody has changed since the last import. Returns whether the text has changed."""
    if variable.imported == fields:
        return False
    untouched = ConfigVar()
    for name, value in fields.items():
        if _current(variable, name) != variable.imported.get(name, _current(untouched, name)):
            continue
        if name == "fallback_to":
            variable.fallback_to_id = ids.get(value)
        else:
            setattr(variable, name, value)
    variable.imported = fields
    return True


def _current(variable: ConfigVar, name: str) -> Any:
    if name == "fallback_to":
        return variable.fallback_to.name if variable.fallback_to else ""
    return getattr(variable, name)
