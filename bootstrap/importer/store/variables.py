"""Writes the variables that a runbook names, and leaves alone what people have decided since.

Each variable remembers in `imported` what the runbook said last. A field follows the newest text only while it still
stands as it was imported (or, never imported, at its default): whatever a person or a manifest has changed stays, also
where it was emptied. Three-way, as a merge does it, so no page has to note who changed which field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bootstrap.importer.parsed import Runbook, VariableRow
from bootstrap.importer.parser.expected_values import expected_values
from bootstrap.importer.parser.variable_rules import Paragraph, meaning_of, read_prose
from bootstrap.systems.models import App, ConfigVar
from opsconsole.lib.db.bulk_insert import insert_rows

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
    known = {variable.name: variable for variable in ConfigVar.objects.filter(app=app).select_related("fallback_to")}
    wanted = _of_no_secret(expected_values(found), known)
    says = {name: _told(row, prose, wanted.get(name, {})) for name, (row, prose) in rows.items()}
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


def complete_variables(found: Runbook, app: App) -> None:
    """Add what items expect to variables that were imported before that was taken from a text; one or two statements.

    Variables whose import told of it already are left as they are: another text may have spoken since.
    """
    wanted = expected_values(found)
    rows = ConfigVar.objects.filter(app=app, name__in=wanted, secret=False)
    old = list(rows.exclude(imported={}).exclude(imported__has_key="expected_values"))
    for variable in old:
        variable.imported["expected_values"] = wanted[variable.name]
        variable.expected_values = variable.expected_values or wanted[variable.name]
    ConfigVar.objects.bulk_update(old, ["expected_values", "imported"], batch_size=500)


def _of_no_secret(wanted: Mapping[str, dict[str, str]], known: Mapping[str, ConfigVar]) -> Mapping[str, dict[str, str]]:
    """Also a variable whose name tells nothing may be a secret, if a person said so."""
    secret = {name for name, variable in known.items() if variable.secret}
    return {name: values for name, values in wanted.items() if name not in secret}


def _new(app: App, row: VariableRow, says: dict[str, Any]) -> dict[str, Any]:
    told = {name: says[name] for name in _FIELDS}
    return {"app_id": app.pk, "name": row.name, "secret": row.secret, "imported": says, **told}


def _rows(found: Runbook) -> Iterable[tuple[VariableRow, Sequence[Paragraph]]]:
    for checklist in found.checklists:
        for section in checklist.sections:
            prose = read_prose(section.prose)
            yield from ((row, prose) for row in section.variables if row.name)
    yield from ((row, ()) for row in found.other_variables)


def _told(row: VariableRow, prose: Sequence[Paragraph], wanted: dict[str, str]) -> dict[str, Any]:
    """What the text says of a variable, by field, as JSON holds it; `wanted` is what items expect of it."""
    says: dict[str, Any] = {name: getattr(row, name)[:limit] for name, limit in _LIMITS.items()}
    for name, value in vars(meaning_of(row, prose)).items():
        says[name] = list(value) if isinstance(value, tuple) else value
    says["accepted_values"] = [value for value in says["accepted_values"] if len(value) <= _RULE_LENGTH]
    says["expected_values"] = {} if row.secret else wanted
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
    "expected_values",
    "failure_mode",
    "impact",
    "consumers",
    "read_at",
    "source_kind",
    "must_not_be_set",
)
