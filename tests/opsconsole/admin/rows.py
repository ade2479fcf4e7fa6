"""Rows that lists of the admin show."""

from __future__ import annotations

from datetime import timedelta

from detections.telemetry.count_models import HourCount
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib import clock
from tests.detections import builders


def route(name: str = "/orders") -> Series:
    """A counted route of a project."""
    now = clock.now()
    project = builders.project()
    environment = ProjectEnvironment.objects.create(project=project, name="prod")
    return Series.objects.create(
        project=project,
        project_environment=environment,
        source=Series.Source.SENTRY,
        kind=Series.Kind.ERROR,
        route=name,
        first_seen=now,
        last_seen=now,
    )


def hours(number: int) -> None:
    """Counts of a route in each of the last hours."""
    series, now = route(), clock.now().replace(minute=0, second=0, microsecond=0)
    HourCount.objects.bulk_create(HourCount(series=series, hour=now - timedelta(hours=at), n=1) for at in range(number))
