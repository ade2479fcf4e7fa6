"""Imports a `.env.example`: adds variables that it names, and changes what nobody has edited since; deletes nothing.

The `example` of a variable is what the last file gave for each field. A field follows the file only while it equals
that (or, never imported, its default), as with runbooks. Whether a variable is secret is set once, where it is new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from bootstrap.systems.example.parse import Example, ExampleVariable, Remark
from bootstrap.systems.models import App, ConfigVar

FIELDS: Final = ("description", "required_when", "default")


@dataclass(frozen=True)
class ImportedExample:
    """A line for each variable that is added or changed, and for each that people edited, so that it stays.

    `missing`: variables of the application that the file does not name.
    """

    changes: tuple[str, ...]
    kept: tuple[str, ...]
    missing: tuple[str, ...]
    not_understood: tuple[Remark, ...]
    remarks: tuple[Remark, ...]


@transaction.atomic
def import_example(app: App, example: Example, dry_run: bool = False) -> ImportedExample:
    """Import the file, or with `dry_run` roll back. Three statements, however many variables."""
    App.objects.select_for_update(no_key=True).get(pk=app.pk)
    known = {variable.name: variable for variable in app.variables.all()}
    added, changed = [], []
    changes, kept = [], []
    for name, row in example.variables.items():
        variable = known.get(name) or ConfigVar(app=app, name=name, secret=row.secret)
        done, edited = _follow(variable, _fields(row, secret=variable.secret))
        if name not in known:
            added.append(variable)
            changes.append(f"{name}: added{_described(variable)}")
        elif done:
            changes.append(f"{name}: {', '.join(done)}")
        if name in known and (done or edited or variable.example != _fields(row, secret=variable.secret)):
            changed.append(variable)
        if edited:
            kept.append(f"{name}: {', '.join(edited)}")
        variable.example = _fields(row, secret=variable.secret)
    ConfigVar.objects.bulk_create(added)
    ConfigVar.objects.bulk_update(changed, [*FIELDS, "example"], batch_size=500)
    transaction.set_rollback(dry_run)
    missing = sorted(known.keys() - example.variables.keys())
    return ImportedExample(tuple(changes), tuple(kept), tuple(missing), example.not_understood, example.remarks)


def _fields(row: ExampleVariable, *, secret: bool) -> dict[str, str]:
    return {
        "description": row.description,
        "required_when": "always" if row.required else "",
        "default": "" if secret else row.default,
    }


def _follow(variable: ConfigVar, fields: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Set what nobody has edited. Returns the fields that changed, and those that differ, but stay as they are."""
    done, edited = [], []
    for name, value in fields.items():
        current = getattr(variable, name)
        if current == value:
            continue
        if current == variable.example.get(name, ""):
            setattr(variable, name, value)
            done.append(name.replace("_", " "))
        else:
            edited.append(name.replace("_", " "))
    return done, edited


def _described(variable: ConfigVar) -> str:
    parts = ["always required" if variable.required_when else "", "secret" if variable.secret else ""]
    parts.append("with a default" if variable.default else "")
    return "".join(f"; {part}" for part in parts if part)
