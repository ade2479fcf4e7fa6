"""Imports `required-config-vars.yaml`: adds and changes what it names, deletes nothing.

The imported values count as edited by people: later imports of runbooks do not change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from django.db import transaction

from bootstrap.systems.config.file_keys import KEYS
from bootstrap.systems.config.file_schema import ConfigFile, ConfigFileError, ConstraintEntry, FlagEntry, VariableEntry
from bootstrap.systems.models import App, ConfigConstraint, ConfigVar, ConstrainedVariable, Environment, Flag, System
from bootstrap.systems.value_rules import expected_values


@transaction.atomic
def import_config(content: ConfigFile, dry_run: bool = False) -> list[str]:
    """Import the file, or with `dry_run` roll back. Returns a line for each change.

    Raises ConfigFileError where the file names a system, application, variable or environment that does not exist.
    """
    system = System.objects.select_for_update().filter(slug=content.system).first()
    if system is None:
        raise ConfigFileError(f"system: there is no {content.system}; {_known(System.objects.values_list('slug'))}")
    apps = {app.slug: app for app in system.apps.all()}
    environments = set(system.environments.values_list("slug", flat=True))
    done: list[str] = []
    for slug, rows in content.apps.items():
        if slug not in apps:
            raise ConfigFileError(f"apps: {system.slug} has no {slug}; {_known(system.apps.values_list('slug'))}")
        done += _write_variables(apps[slug], rows, environments)
    done += _write_flags(system, content.flags)
    done += _write_constraints(system, content.constraints)
    transaction.set_rollback(dry_run)
    return done


def _known(names: Any) -> str:
    return "known: " + (", ".join(sorted(name for (name,) in names)) or "none")


def _write_variables(app: App, rows: list[VariableEntry], environments: Set[str]) -> Iterator[str]:
    known = {variable.name: variable for variable in app.variables.select_related("fallback_to")}
    added = {row.name: ConfigVar(app=app, name=row.name) for row in rows if row.name not in known}
    ConfigVar.objects.bulk_create(added.values())
    known |= added
    changed = []
    for row in rows:
        changes = _changes(row, known[row.name], known)
        if changes:
            changed.append(known[row.name])
        if changes or row.name in added:
            text = f"{'added; ' if row.name in added else ''}{', '.join(changes)}".rstrip("; ")
            yield f"{app.slug}/{row.name}: {text}{_not_there(row, environments)}"
    ConfigVar.objects.bulk_update(changed, list(KEYS.values()), batch_size=500)


def _changes(row: VariableEntry, variable: ConfigVar, known: Mapping[str, ConfigVar]) -> list[str]:
    """Set the fields that the row gives, and return the keys of those that changed."""
    changes = []
    for key, name in KEYS.items():
        value = getattr(row, key)
        if value is None:
            continue
        if key == "fallback_to":
            value = _fallback(row, known)
        if getattr(variable, name) != value:
            setattr(variable, name, value)
            changes.append(key)
    _check_expected(row, variable)
    return changes


def _check_expected(row: VariableEntry, variable: ConfigVar) -> None:
    """Refuse literals of a secret variable. Checked last, as the file may give only one of the two keys."""
    refused = expected_values.refusal(variable.name, secret=variable.secret)
    if variable.expected_values and refused:
        raise ConfigFileError(f"{row.name}.expected_values: {refused}")


def _not_there(row: VariableEntry, environments: Set[str]) -> str:
    """A remark on environments that do not exist, whose names may be misspelt; empty without one."""
    unknown = sorted(set(row.expected_values or ()) - environments - {expected_values.EVERYWHERE})
    return f" (there is no environment {', '.join(unknown)} yet)" if unknown else ""


def _fallback(row: VariableEntry, known: Mapping[str, ConfigVar]) -> ConfigVar | None:
    if not row.fallback_to:
        return None
    if row.fallback_to not in known or row.fallback_to == row.name:
        raise ConfigFileError(f"{row.name}.fallback_to: it has to be another variable of the same application")
    return known[row.fallback_to]


def _write_flags(system: System, rows: list[FlagEntry]) -> Iterator[str]:
    known = {flag.name: flag for flag in system.flags.all()}
    for row in rows:
        fields = {"aliases": row.aliases, "description": row.description}
        given = {name: value for name, value in fields.items() if value is not None}
        flag = known.get(row.name)
        if flag is None:
            Flag.objects.create(system=system, name=row.name, **given)
            yield f"{row.name}: added"
            continue
        changes = [name for name, value in given.items() if getattr(flag, name) != value]
        if changes:
            Flag.objects.filter(pk=flag.pk).update(**given)
            yield f"{row.name}: {', '.join(changes)}"


def _write_constraints(system: System, rows: list[ConstraintEntry]) -> Iterator[str]:
    if not rows:
        return
    variables = {
        f"{v.app.slug}/{v.name}": v for v in ConfigVar.objects.filter(app__system=system).select_related("app")
    }
    known = {row.name: row for row in system.constraints.prefetch_related("members__variable__app")}
    environments = {environment.slug: environment for environment in system.environments.all()}
    for row in rows:
        missing = [path for path in row.variables if path not in variables]
        if missing or len(set(row.variables)) < len(row.variables):
            why = f"no variable {', '.join(missing)}" if missing else "a variable stands there twice"
            raise ConfigFileError(f"constraints.{row.name}.variables: {why}; they are named app/NAME")
        if row.environment and row.environment not in environments:
            raise ConfigFileError(f"constraints.{row.name}.environment: known: {', '.join(sorted(environments))}")
        environment = environments[row.environment] if row.environment else None
        if _write_constraint(system, row, known.get(row.name), environment, variables):
            yield f"{row.name}: {'changed' if row.name in known else 'added'}"


def _write_constraint(
    system: System,
    row: ConstraintEntry,
    before: ConfigConstraint | None,
    environment: Environment | None,
    variables: Mapping[str, ConfigVar],
) -> bool:
    """Store a constraint. Returns False where it was the same before."""
    fields = {"kind": row.kind, "environment": environment, "reason": row.reason}
    members = [member.variable for member in before.members.all()] if before else []
    wanted = [variables[path] for path in row.variables]
    if before and members == wanted and all(getattr(before, name) == value for name, value in fields.items()):
        return False
    constraint, _ = ConfigConstraint.objects.update_or_create(system=system, name=row.name, defaults=fields)
    constraint.members.all().delete()
    ConstrainedVariable.objects.bulk_create(
        ConstrainedVariable(constraint=constraint, variable=variable, position=position)
        for position, variable in enumerate(wanted)
    )
    return True
