"""Which environment names of events belong to no environment, and the links of those that do.

A name under which events were counted before it became an alias is renamed to the slug, so that its history and the
rules of the environment come together; the next tick judges them. Where the slug has been counted too, the older counts
stay under the old name: two rows of counts cannot become one.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from bootstrap.systems.environment_names import folded
from bootstrap.systems.models import Environment, System
from detections.telemetry.environments import OTHER, canonical_names
from detections.telemetry.models import ProjectEnvironment

RECENT = timedelta(days=7)  # a name that sent nothing for longer is history, not a blind spot


@dataclass(frozen=True)
class UnlinkedName:
    """A name that events of a project carry and that none of its system's environments has."""

    place: ProjectEnvironment
    system: System

    @property
    def says(self) -> str:
        """One sentence, for lists and pages."""
        return f"Errors come from {self.place.name}, which no environment of {self.system.slug} is called."


def unlinked_names(now: datetime, project: str = "") -> list[UnlinkedName]:
    """Those with events in the RECENT past, the newest first; of one project or of all. Two queries at most.

    A system without environments has nothing to link to and is left out: its rules go by the names of events alone.
    """
    rows = ProjectEnvironment.objects.filter(
        environment=None,
        last_event_at__gte=now - RECENT,
        project__enabled=True,
        project__app__system__environments__isnull=False,
    ).distinct()
    rows = rows.filter(project__slug=project) if project else rows
    found = list(rows.exclude(name=OTHER).select_related("project__app__system").order_by("-last_event_at", "pk"))
    known = canonical_names({row.project_id for row in found}) if found else {}
    return [
        UnlinkedName(row, row.project.app.system)
        for row in found
        if row.project.app and (row.project_id, folded(row.name)) not in known
    ]


@dataclass(frozen=True)
class SentInstead:
    """What projects that never sent an event as some environment may call it; read once for many questions."""

    names: list[UnlinkedName]
    sent: set[tuple[int, str]]  # project and name of all events of the names' projects

    @classmethod
    def read(cls, now: datetime, project: str = "") -> SentInstead:
        """Of one project or of all. Three queries at most."""
        names = unlinked_names(now, project)
        rows = ProjectEnvironment.objects.filter(project__in={each.place.project_id for each in names})
        sent = rows.filter(last_event_at__isnull=False).values_list("project", "name") if names else []
        return cls(names, set(sent))

    def of(self, environment: str, project: str = "") -> list[UnlinkedName]:
        """The unlinked names of projects that sent nothing as `environment`; none where that is empty, any."""
        return [
            each
            for each in self.names
            if environment
            and project in ("", each.place.project.slug)
            and (each.place.project_id, environment) not in self.sent
        ]


def sent_instead(now: datetime, environment: str, project: str = "") -> list[UnlinkedName]:
    """As `SentInstead` has it, of one environment. No query for an empty one."""
    return SentInstead.read(now, project).of(environment, project) if environment else []


@transaction.atomic
def link_environments(projects: Collection[int] | None = None) -> list[ProjectEnvironment]:
    """Make each row's link and name what slugs and aliases say now; returns the rows that changed. Idempotent."""
    rows = ProjectEnvironment.objects.select_for_update(no_key=True).filter(project__app__isnull=False)
    rows = rows if projects is None else rows.filter(project__in=projects)
    found = list(rows.order_by("pk"))
    canonical = canonical_names({row.project_id for row in found})
    names = {(row.project_id, row.name) for row in found}
    changed = []
    for row in found:
        slug, environment = _belongs(row, canonical)
        if slug != row.name and (row.project_id, slug) in names:
            slug, environment = row.name, None
        if (row.name, row.environment_id) != (slug, environment):
            names.add((row.project_id, slug))
            row.name, row.environment_id = slug, environment
            with suppress(IntegrityError), transaction.atomic():  # events of the slug just came; the next run sees them
                row.save(update_fields=["name", "environment"])
                changed.append(row)
    return changed


def _belongs(
    row: ProjectEnvironment, canonical: dict[tuple[int, str], tuple[tuple[int, str], int]]
) -> tuple[str, int | None]:
    """The name and the environment that the row should have."""
    known = canonical.get((row.project_id, folded(row.name)))
    return (known[0][1], known[1]) if known else (row.name, None)


def name_environment(unlinked: UnlinkedName, environment: Environment) -> Environment:
    """Make the name of events an alias of the environment, and link them. Raises ValidationError where another
    environment of the system has the name by now."""
    with transaction.atomic():
        named = Environment.objects.select_for_update(no_key=True, of=("self",)).get(pk=environment.pk)
        named.aliases = [*named.aliases, unlinked.place.name]
        named.full_clean()
        try:
            with transaction.atomic():
                named.save()
        except IntegrityError:  # since full_clean; the trigger of names_once refuses it
            raise ValidationError(f"Another environment was just called {folded(unlinked.place.name)}.") from None
        link_environments([unlinked.place.project_id])
    return named
