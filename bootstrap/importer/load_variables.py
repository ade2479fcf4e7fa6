"""Writes the variables that a runbook names, and leaves alone what people have decided since.

Each variable remembers in `imported` what the runbook said last. A field follows the newest text only while it still
stands as it was imported (or, never imported, at its default): whatever a person or a manifest has changed stays, also
where it was emptied. Three-way, as a merge does it, so no page has to note who changed which field.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bootstrap.importer.meanings import Paragraph, meaning_of, read_prose
from bootstrap.importer.runbook import Runbook, VariableRow
from bootstrap.systems.models import App, ConfigVar
from opsconsole.lib.bulk import insert_rows

# What a variable's columns hold at most; the whole text stays in the row of its section's table.
_LIMITS = {
    "config_key": 200,
    "required_when": 300,
    "accepted": 2000,
    "default": 300,
    "source_path": 300,
    "generator": 300,
}
_RULE_LENGTH = 200


def write_variables(found: Runbook, app: App) -> dict[str, int]:
    """The ids of all variables of `app` by name, those that `found` names brought up to its text."""
    rows = {row.name: (row, prose) for row, prose in _rows(found)}
    says = {name: _told(row, prose) for name, (row, prose) in rows.items()}
    known = {variable.name: variable for variable in ConfigVar.objects.filter(app=app).select_related("fallback_to")}
    ids = {name: variable.pk for name, variable in known.items()}
    ids |= insert_rows(
        ConfigVar, (_new(app, row, says[name]) for name, (row, _) in rows.items() if name not in known), key="name"
    )
    # What a new one falls back to may be new itself, so it is known only now.
    falling = {name: ids.get(says[name]["fallback_to"]) for name in rows if name not in known}
    fallen = list(ConfigVar.objects.filter(pk__in=[ids[name] for name, other in falling.items() if other]))
    for variable in fallen:
        variable.fallback_to_id = falling[variable.name]
    changed = fallen + [known[name] for name in rows if name in known and _follow(known[name], says[name], ids)]
    # As an upsert of rows that are there: an update with a case for each row and field took ten times as long.
    ConfigVar.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["id"], update_fields=[*_FIELDS, "fallback_to", "imported"]
    )
    return ids


def _new(app: App, row: VariableRow, says: dict[str, Any]) -> dict[str, Any]:
    told = {name: says[name] for name in _FIELDS}
    return {"app_id": app.pk, "name": row.name, "secret": row.secret, "imported": says, **told}


def _rows(found: Runbook) -> Iterable[tuple[VariableRow, Sequence[Paragraph]]]:
    for checklist in found.checklists:
        for section in checklist.sections:
            prose = read_prose(section.prose)
            yield from ((row, prose) for row in section.variables if row.name)
    yield from ((row, ()) for row in found.other_variables)


def _told(row: VariableRow, prose: Sequence[Paragraph]) -> dict[str, Any]:
    """What the text says of a variable, by field, as JSON holds it."""
    says: dict[str, Any] = {name: getattr(row, name)[:limit] for name, limit in _LIMITS.items()}
    for name, value in vars(meaning_of(row, prose)).items():
        says[name] = list(value) if isinstance(value, tuple) else value
    says["accepted_values"] = [value for value in says["accepted_values"] if len(value) <= _RULE_LENGTH]
    says["consumers"] = [name[:200] for name in says["consumers"]]
    if len(says["format_rule"]) > _RULE_LENGTH:
        says["format_rule"] = ""
    return says


def _follow(variable: ConfigVar, says: dict[str, Any], ids: dict[str, int]) -> bool:
    """Take over what nobody has changed since the last import; whether anything was new."""
    if variable.imported == says:
        return False
    untouched = ConfigVar()
    for name, value in says.items():
        if _current(variable, name) != variable.imported.get(name, _current(untouched, name)):
            continue
        if name == "fallback_to":
            variable.fallback_to_id = ids.get(value)
        else:
            setattr(variable, name, value)
    variable.imported = says
    return True


def _current(variable: ConfigVar, name: str) -> Any:
    if name == "fallback_to":
        return variable.fallback_to.name if variable.fallback_to else ""
    return getattr(variable, name)


_FIELDS = (
    *_LIMITS,
    "format_rule",
    "accepted_values",
    "failure_mode",
    "impact",
    "consumers",
    "read_at",
    "source_kind",
    "must_not_be_set",
)
