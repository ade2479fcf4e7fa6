"""Routes that fail, judged by the shipped rules: what bench/overview.py and bench/consume.py measure."""

from __future__ import annotations

import gc
import os
import statistics
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.core.management import call_command
from django.db import connection

from detections.rules.evaluation import scheduler
from detections.telemetry import add_counts
from detections.telemetry.models import Issue, IssueHour, Project, ProjectEnvironment, Series
from detections.telemetry.records import Count
from opsconsole.lib.clock import MINUTE, floor_hour, floor_minute

# Of one rule in one environment, more scopes than this would share an alert.
ROUTES_EACH = 20


def routes(wanted: int, now: datetime) -> list[Series]:
    """So many routes in projects of ROUTES_EACH, with an issue each, beside the content that every console has."""
    with open(os.devnull, "w") as quiet:
        call_command("load_content", stdout=quiet)
    found: list[Series] = []
    for first in range(0, wanted, ROUTES_EACH):
        found += _project(first, min(ROUTES_EACH, wanted - first), now)
    add_counts.cover(Series.Source.SENTRY, _minutes(now, 120))
    _fail(found, _minutes(now, 60)[::3])
    return found


def burst(series: list[Series], now: datetime) -> None:
    """Ten errors of each route in the newest whole minute, and the minute judged."""
    minute = floor_minute(now) - MINUTE
    add_counts.cover(Series.Source.SENTRY, [minute])
    _fail(series, [minute], n=10)
    scheduler.make_due(now)
    scheduler.catch_up(now)


class Statements:
    """Counts the statements that pass it on their way to the database."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.made += 1
        return execute(sql, params, many, context)


def statements(done: Callable[[], object]) -> int:
    """How many statements `done` sends."""
    counted = Statements()
    with connection.execute_wrapper(counted):
        done()
    return counted.made


def freeze() -> None:
    """Keep the collector from what preparing left behind, as web processes keep it from what they imported."""
    gc.collect()
    gc.freeze()


def milliseconds(done: Callable[[], object]) -> tuple[float, float]:
    """How long `done` takes: by the clock, and of this process's CPU."""
    start, cpu = time.perf_counter(), time.process_time()
    done()
    return (time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000


def medians(took: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The median by the clock, and that of the CPU."""
    wall, cpu = zip(*took, strict=True)
    return statistics.median(wall), statistics.median(cpu)


def _project(first: int, size: int, now: datetime) -> list[Series]:
    long_ago = now - timedelta(days=8)
    project = Project.objects.create(slug=f"bench-{first}", name=f"Bench {first}")
    seen = {"first_event_at": long_ago, "last_event_at": now}
    place = ProjectEnvironment.objects.create(project=project, name="production", **seen)
    common = {"project": project, "first_seen": long_ago, "last_seen": now}
    issues = Issue.objects.bulk_create(
        Issue(
            title=f"ValueError: no price for customer {n}",
            exception_type="ValueError",
            culprit="shop.prices in total",
            level="error",
            events=20,
            **common,
        )
        for n in range(size)
    )
    hour = floor_hour(now)
    IssueHour.objects.bulk_create(IssueHour(issue=each, project_environment=place, hour=hour, n=20) for each in issues)
    return Series.objects.bulk_create(
        Series(
            project_environment=place,
            source=Series.Source.SENTRY,
            kind=Series.Kind.ERROR,
            method="POST",
            route=f"/shop/{first}/customers/{{id}}/orders/{n}",
            **common,
        )
        for n in range(size)
    )


def _fail(series: list[Series], minutes: list[datetime], n: int = 1) -> None:
    add_counts.add_counts(Count(each.project_id, each.pk, minute, n) for each in series for minute in minutes)


def _minutes(now: datetime, back: int) -> list[datetime]:
    return [floor_minute(now) - MINUTE * each for each in range(1, back + 1)]
