"""The project environments of deployments, in which rules judge their configuration findings."""

from __future__ import annotations

from collections.abc import Collection

from bootstrap.systems.models import Deployment
from detections.telemetry.models import Project, ProjectEnvironment


def project_environments_of(deployments: Collection[Deployment]) -> dict[int, ProjectEnvironment]:
    """By deployment id, the environment of its application's project; created without events where it is missing.

    An application without a project gets one; one whose projects are all disabled is left out. Of several projects the
    oldest represents the application. Load `app__system` and `environment__system` with the deployments; the number of
    queries is constant.
    """
    projects = _projects(deployments)
    wanted = {d.pk: (projects[d.app_id], d) for d in deployments if d.app_id in projects}
    keys = {(project.pk, d.environment.slug) for project, d in wanted.values()}
    rows = _rows(keys)
    missing = {
        (project.pk, d.environment.slug): d
        for project, d in wanted.values()
        if (row := rows.get((project.pk, d.environment.slug))) is None or row.environment_id is None
    }
    if missing:
        _create(missing)
        rows = _rows(keys)
    return {pk: rows[project.pk, d.environment.slug] for pk, (project, d) in wanted.items()}


def _projects(deployments: Collection[Deployment]) -> dict[int, Project]:
    """By application id, the project that represents it."""
    apps = {d.app_id: d.app for d in deployments}
    known = list(Project.objects.filter(app__in=apps).order_by("-pk"))
    by_app = {project.app_id: project for project in known if project.enabled and project.app_id is not None}
    for app_id in apps.keys() - {project.app_id for project in known}:
        app = apps[app_id]
        names = (app.slug, f"{app.system.slug}-{app.slug}"[:50], f"app-{app.pk}")
        taken = set(Project.objects.filter(slug__in=names).values_list("slug", flat=True))
        slug = next(name for name in names if name not in taken)
        by_app[app_id] = Project.objects.create(slug=slug, name=app.name, app=app)
    return by_app


def _rows(keys: Collection[tuple[int, str]]) -> dict[tuple[int, str], ProjectEnvironment]:
    rows = ProjectEnvironment.objects.filter(
        project__in={project for project, _ in keys}, name__in={name for _, name in keys}
    ).select_related("project", "environment__system")
    return {(row.project_id, row.name): row for row in rows if (row.project_id, row.name) in keys}


def _create(missing: dict[tuple[int, str], Deployment]) -> None:
    """Creates a row for each key, or links a row that was created before its environment."""
    ProjectEnvironment.objects.bulk_create(
        (
            ProjectEnvironment(project_id=project, name=name, environment=deployment.environment)
            for (project, name), deployment in missing.items()
        ),
        update_conflicts=True,
        unique_fields=["project", "name"],
        update_fields=["environment"],
    )
