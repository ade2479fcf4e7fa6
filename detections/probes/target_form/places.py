"""Where a target's checks raise alerts: an environment that events or reports came from, or one of a project's system
from which nothing has come yet, since a rollout may be probed before it sends anything."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from bootstrap.systems.models import Environment
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.lib.db.storable import storable

HELP = "The environment of a project whose alerts its checks raise."
NONE_YET = "There is none yet: make a project (bin/manage dsn NAME prints its DSN) and let it send an event."
UNHEARD = " (nothing has come from it yet)"


class PlaceField(forms.ChoiceField):
    """Choices are `project/environment`; the id of a project environment is taken as well. Its value is a
    ProjectEnvironment, which is not stored yet where nothing has come from it: `stored_place` does that."""

    def __init__(self) -> None:
        super().__init__(label="Project environment", help_text=HELP, choices=_choices)

    def prepare_value(self, value: Any) -> Any:
        """Of an id or a row the choice."""
        pk = value.pk if isinstance(value, ProjectEnvironment) else value
        row = _by_pk(pk)
        return row.path if row else value

    def clean(self, value: Any) -> ProjectEnvironment:
        chosen = str(value or "")
        if not chosen:
            raise ValidationError(self.error_messages["required"], code="required")
        row = (_by_pk(chosen) or _by_path(*chosen.partition("/")[::2])) if storable(chosen) else None
        if row is None:
            raise ValidationError(f"There is no environment {chosen[:100]!r}: choose one of the list.")
        return row

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.prepare_value(initial) != self.prepare_value(data))


def _choices() -> list[tuple[str, str]]:
    """Two queries."""
    rows = ProjectEnvironment.objects.select_related("project").order_by("project__slug", "name")
    known = dict.fromkeys(row.path for row in rows)
    system = "app__system__environments__slug"
    pairs = Project.objects.filter(enabled=True, app__isnull=False).order_by("slug", system).values_list("slug", system)
    new = [path for project, name in pairs if name and (path := f"{project}/{name}") not in known]
    first = "---------" if known or new else NONE_YET
    return [("", first), *((path, path) for path in known), *((path, f"{path}{UNHEARD}") for path in new)]


def _by_pk(pk: Any) -> ProjectEnvironment | None:
    if not re.fullmatch(r"[0-9]{1,18}", str(pk)):
        return None
    return ProjectEnvironment.objects.select_related("project").filter(pk=pk).first()


def _by_path(project: str, name: str) -> ProjectEnvironment | None:
    """The row of this project and name; a new one, not stored, where its system has the environment."""
    rows = ProjectEnvironment.objects.select_related("project")
    if row := rows.filter(project__slug=project, name=name).first():
        return row
    found = Environment.objects.filter(system__apps__projects__slug=project, slug=name).first()
    if found is None:
        return None
    return ProjectEnvironment(project=Project.objects.get(slug=project), name=found.slug, environment=found)


def stored_place(chosen: ProjectEnvironment) -> ProjectEnvironment:
    """The choice as a row. Two who choose it at once get the same."""
    if chosen.pk:
        return chosen
    given = {"defaults": {"environment": chosen.environment}}
    return ProjectEnvironment.objects.get_or_create(project=chosen.project, name=chosen.name, **given)[0]
