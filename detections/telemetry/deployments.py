"""The project environments of deployments, in which rules judge their configuration findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F

from bootstrap.systems.models import App, Environment, System
from detections.telemetry.models import Project, ProjectEnvironment


@dataclass(frozen=True)
class ProjectPlace:
    """An application in an environment, whether it is deployed there or not; `app` is None in a system without any."""

    app: App | None
    environment: Environment


def project_environments_of(places: Collection[ProjectPlace]) -> dict[ProjectPlace, ProjectEnvironment]:
    """By place, the environment of its application's project; created without events where it is missing.

    An application without a project gets one, and so does a system without applications; what has only disabled
    projects is left out. Of several projects the oldest represents the application. Load the systems with `app` and
    `environment`; the number of queries is constant.
    """
    projects = _projects(places)
    wanted = {place: projects[_owner(place)] for place in places if _owner(place) in projects}
    keys = {(project.pk, place.environment.slug) for place, project in wanted.items()}
    rows = _rows(keys)
    missing = {
        (project.pk, place.environment.slug): place.environment
        for place, project in wanted.items()
        if (row := rows.get((project.pk, place.environment.slug))) is None or row.environment_id is None
    }
    if missing:
        _create(missing)
        rows = _rows(keys)
    return {place: rows[project.pk, place.environment.slug] for place, project in wanted.items()}


def _owner(place: ProjectPlace) -> App | System:
    return place.app or place.environment.system


def _projects(places: Iterable[ProjectPlace]) -> dict[App | System, Project]:
    """The project that represents each application, and each system that has none."""
    owners = {_owner(place) for place in places}
    apps = {owner.pk: owner for owner in owners if isinstance(owner, App)}
    systems = {owner.pk: owner for owner in owners if isinstance(owner, System)}
    found: dict[App | System, Project] = {}
    if apps:
        of_apps = Project.objects.filter(app__in=apps).annotate(owner_id=F("app"))
        found |= _oldest(list(of_apps.order_by("-pk")), apps)
    if systems:
        # A project without an application belongs to the system whose environments it has.
        without = Project.objects.filter(app__isnull=True, environments__environment__system__in=systems)
        found |= _oldest(
            list(without.annotate(owner_id=F("environments__environment__system")).order_by("-pk")), systems
        )
    return found


def _oldest(known: Sequence[Project], owners: Mapping[int, App | System]) -> dict[App | System, Project]:
    """By owner, the oldest enabled project of `known` (newest first, with `owner_id`); made for those without any."""
    found = {owners[project.owner_id]: project for project in known if project.enabled}  # type: ignore[attr-defined]
    for pk in owners.keys() - {project.owner_id for project in known}:  # type: ignore[attr-defined]
        found[owners[pk]] = _new_project(owners[pk])
    return found


def _new_project(owner: App | System) -> Project:
    if isinstance(owner, App):
        app, names = owner, (owner.slug, f"{owner.system.slug}-{owner.slug}"[:50], f"app-{owner.pk}")
    else:
        app, names = None, (owner.slug, f"{owner.slug}-checklists"[:50], f"system-{owner.pk}")
    taken = set(Project.objects.filter(slug__in=names).values_list("slug", flat=True))
    slug = next(name for name in names if name not in taken)
    return Project.objects.create(slug=slug, name=owner.name, app=app)


def _rows(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], ProjectEnvironment]:
    rows = ProjectEnvironment.objects.filter(
        project__in={project for project, _ in keys}, name__in={name for _, name in keys}
    ).select_related("project", "environment__system")
    return {(row.project_id, row.name): row for row in rows if (row.project_id, row.name) in keys}


def _create(missing: Mapping[tuple[int, str], Environment]) -> None:
    """Creates a row for each key, or links a row that was created before its environment."""
    ProjectEnvironment.objects.bulk_create(
        (
            ProjectEnvironment(project_id=project, name=name, environment=environment)
            for (project, name), environment in missing.items()
        ),
        update_conflicts=True,
        unique_fields=["project", "name"],
        update_fields=["environment"],
    )
