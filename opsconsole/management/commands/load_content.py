"""`manage.py load_content`: load the content that ships with the console. Runs at each start."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from bootstrap import content
from bootstrap.config_health.findings.recheck import recompute_all
from bootstrap.systems.models import App
from detections.alerts import catalogue_policies
from detections.alerts import default_policies as routing
from detections.alerts.targets import environment
from detections.incidents import default_levels
from detections.incidents.similar.from_runbooks import record_runbooks
from detections.incidents.updates import default_templates
from detections.rules import packs
from detections.telemetry.models import Project
from opsconsole.accounts import groups, owners
from opsconsole.lib import clock


class Command(BaseCommand):
    help = "Load the shipped systems, runbooks, rules and routing. Loading again changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        done = list(_load())
        self.stdout.write("\n".join(done) if done else "content is up to date")


def _load() -> Iterator[str]:
    """Load each package's content, lower packages first. Yields a line for each addition."""
    for name in groups.load():
        yield f"group {name} added"
    for name in owners.load():
        yield f"owner {name} added"
    yield from content.load()
    yield from _project()
    for version in packs.load(clock.now()):
        yield f"rule {version} loaded"
    routing.load()
    yield from catalogue_policies.load()
    yield from default_levels.load()
    yield from default_templates.load()
    yield from environment.load(settings.FIRST_TARGETS, clock.now())
    for incident in record_runbooks(clock.now()):
        yield f"incident {incident} recorded"
    # Before rules read them: what an earlier release judged otherwise would page until the next recheck.
    if judged := recompute_all(clock.now()):
        yield f"{judged} findings opened or closed"


def _project() -> Iterator[str]:
    """The project that the shipped rules and checklists refer to."""
    app = App.objects.get(system__slug="raptor", slug="raxx-api")
    _, created = Project.objects.get_or_create(slug="raptor", defaults={"name": "Raptor", "app": app})
    if created:
        yield "project raptor added"
