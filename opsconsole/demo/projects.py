"""The rows that the demo needs: its system, applications, projects and keys."""

from __future__ import annotations

from bootstrap.systems.models import App, Environment, System
from detections.telemetry.connect import usable_key
from detections.telemetry.models import Project, ProjectKey
from opsconsole.demo.catalogue import PROJECTS

SYSTEM = "demo"


def ensure_projects() -> dict[str, ProjectKey]:
    """Create missing rows. Returns a usable key by project slug."""
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
    """Whether a demo project exists. One query."""
    return Project.objects.filter(demo=True).exists()
