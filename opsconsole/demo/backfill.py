"""Eight days of history for the demo, written by the code that counts real events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from django.db import transaction
from django.db.models import Max

from bootstrap.systems.models import Environment
from detections.telemetry import add_counts
from detections.telemetry.count_models import Coverage, MinuteCount
from detections.telemetry.models import Project, ProjectEnvironment, Series
from detections.telemetry.records import Count, SeriesKey
from detections.telemetry.series import series_ids
from opsconsole.demo.catalogue import PROJECTS, DemoProject, DemoRoute, rate_at
from opsconsole.demo.projects import SYSTEM
from opsconsole.demo.traffic import poisson
from opsconsole.lib.clock import MINUTE, floor_minute

# More than the seven days that a baseline needs, so that the demo's baselines are established.
HISTORY = timedelta(days=8)


def backfill(now: datetime, random: Random) -> Iterator[str]:
    """Write the history of each project that has none. Yields a progress line for each project and day."""
    for demo in PROJECTS:
        project = Project.objects.get(slug=demo.slug)
        if Coverage.objects.filter(project=project).exists():
            yield f"{demo.slug}: history exists"
            continue
        start = floor_minute(now) - HISTORY
        with transaction.atomic():  # the next start would take half a history for a whole one
            series = _series(project, demo, start, now)
            for day in range(HISTORY.days):
                _write_day(project, series, start + timedelta(days=day), random)
                yield f"{demo.slug}: history of day {day + 1} of {HISTORY.days}"
            _set_last_seen(series.values())


def _series(project: Project, demo: DemoProject, start: datetime, now: datetime) -> dict[DemoRoute, int]:
    environment = Environment.objects.get(system__slug=SYSTEM, slug="prod")
    project_environment, _ = ProjectEnvironment.objects.update_or_create(
        project=project,
        name="prod",
        defaults={"environment": environment, "first_event_at": start, "last_event_at": now},
    )
    keys = {
        route: SeriesKey(
            project.id, project_environment.id, Series.Source.SENTRY, Series.Kind.ERROR, route.method, route.path
        )
        for route in demo.routes
    }
    ids = series_ids(keys.values(), start)
    return {route: ids[key] for route, key in keys.items()}


def _set_last_seen(series: Iterable[int]) -> None:
    """Set each series' last_seen to its newest counted minute, as the digest of real events does."""
    newest = MinuteCount.objects.filter(series__in=series).values_list("series").annotate(at=Max("minute"))
    for pk, at in newest:
        Series.objects.filter(pk=pk).update(last_seen=at)


def _write_day(project: Project, series: dict[DemoRoute, int], start: datetime, random: Random) -> None:
    minutes = [start + i * MINUTE for i in range(24 * 60)]
    add_counts.add_counts(
        Count(project.id, series_id, minute, n)
        for route, series_id in series.items()
        for minute in minutes
        if (n := poisson(random, rate_at(route, minute)))
    )
    add_counts.cover(Series.Source.SENTRY, minutes, project.id)
