"""The rows that the demo stands on: its system, projects and keys."""

from __future__ import annotations

from bootstrap.systems.models import App, Environment, System
from detections.telemetry.connect import usable_key
from detections.telemetry.models import Project, ProjectKey
from opsconsole.demo.catalogue import PROJECTS

SYSTEM = "demo"


def ensure_projects() -> dict[str, ProjectKey]:
    """Make what is missing; returns a usable key per project slug."""
    system, _ = System.objects.get_or_create(
        slug=SYSTEM, defaults={"name": "Demo", "description": "Made by the demo; `manage.py demo --remove` removes it."}
    )
    Environment.objects.get_or_create(
        system=system, slug="prod", defaults={"name": "Production", "aliases": ["production", "live"]}
    )
    keys = {}
    for project in PROJECTS:
        app, _ = App.objects.get_or_create(system=system, slug=project.slug, defaults={"name": project.name})
        keys[project.slug] = usable_key(project.slug, name=project.name, app=app, demo=True)
    return keys


def demo_exists() -> bool:
    """Whether the demo's projects are there, or were removed meanwhile. One query."""
    return Project.objects.filter(demo=True).exists()
