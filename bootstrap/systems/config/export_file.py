"""Exports a system's variables, flags and constraints as `required-config-vars.yaml`, without empty keys."""

from __future__ import annotations

from typing import Any

from bootstrap.systems.config.file_keys import KEYS
from bootstrap.systems.config.file_schema import write
from bootstrap.systems.models import App, ConfigConstraint, ConfigVar, Flag, System


def export_config(system: System, app: App | None = None) -> str:
    """The text of the file for `system`; with `app`, only its variables and the constraints between them.

    The number of queries does not depend on the number of variables.
    """
    apps = list(App.objects.filter(system=system).order_by("slug")) if app is None else [app]
    variables: dict[int, list[dict[str, Any]]] = {each.pk: [] for each in apps}
    rows = ConfigVar.objects.filter(app__in=apps).select_related("fallback_to").order_by("app", "name")
    for variable in rows:
        variables[variable.app_id].append(_variable(variable))
    content: dict[str, Any] = {"schema": 1, "system": system.slug}
    content["apps"] = {each.slug: variables[each.pk] for each in apps}
    content["flags"] = [_flag(flag) for flag in Flag.objects.filter(system=system).order_by("name")]
    content["constraints"] = _constraints(system, {each.slug for each in apps})
    return write({key: part for key, part in content.items() if part})


def _variable(variable: ConfigVar) -> dict[str, Any]:
    """The entry of a variable: the keys that differ from the defaults, and `secret` always, as readers look for it."""
    untouched = ConfigVar()
    entry: dict[str, Any] = {"name": variable.name, "secret": variable.secret}
    for key, name in KEYS.items():
        value = getattr(variable, name)
        if value != getattr(untouched, name):
            entry[key] = value.name if isinstance(value, ConfigVar) else value
    return entry


def _flag(flag: Flag) -> dict[str, Any]:
    entry = {"name": flag.name, "aliases": flag.aliases, "description": flag.description}
    return {key: value for key, value in entry.items() if value}


def _constraints(system: System, apps: set[str]) -> list[dict[str, Any]]:
    entries = []
    rows = ConfigConstraint.objects.filter(system=system).select_related("environment").order_by("name")
    for constraint in rows.prefetch_related("members__variable__app"):
        variables = [member.variable for member in constraint.members.all()]
        if {variable.app.slug for variable in variables} <= apps:
            entry = {
                "name": constraint.name,
                "kind": constraint.kind,
                "variables": [f"{variable.app.slug}/{variable.name}" for variable in variables],
                "environment": constraint.environment.slug if constraint.environment else "",
                "reason": constraint.reason,
            }
            entries.append({key: value for key, value in entry.items() if value})
    return entries
