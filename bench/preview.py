"""Measures previews of rules: `python bench/preview.py [--routes 50] [--many 2000] [--events 50000]`.

In a database of its own (a test database beside the one that DATABASE_URL names, else of the embedded server) it makes
two weeks of minute counts: quiet routes (one error in twenty minutes), busy ones (in nearly every minute), many routes,
and events. A row a case: seconds by the clock and of this process's CPU, without and with the first look (imports,
plans), and the number of queries. `at once` is what a request does; `turn` is one of the task's turns.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django

django.setup()

import numpy as np  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases  # noqa: E402

from detections.dashboard.rule_preview import run  # noqa: E402
from detections.dashboard.rule_preview.run import Asked  # noqa: E402
from detections.rules.spec.schema import decode  # noqa: E402
from detections.telemetry.add_counts import cover  # noqa: E402
from detections.telemetry.count_models import MinuteCount  # noqa: E402
from detections.telemetry.models import Event, Issue, Project, ProjectEnvironment, Series  # noqa: E402
from detections.telemetry.partitions import ensure  # noqa: E402
from opsconsole.lib.clock import MINUTE, floor_minute, now  # noqa: E402

NOW = floor_minute(now())
PAST = timedelta(days=15)


def place(name: str) -> ProjectEnvironment:
    project = Project.objects.create(slug=name, name=name)
    return ProjectEnvironment.objects.create(project=project, name="prod", first_event_at=NOW - PAST, last_event_at=NOW)


def fill(at: ProjectEnvironment, routes: int, per_minute: float) -> list[Series]:
    """Routes with so many errors a minute on average, and the counts of their hours."""
    known = {"project": at.project, "project_environment": at, "source": "sentry", "kind": "error", "method": "GET"}
    series = Series.objects.bulk_create(
        Series(**known, route=f"/api/{number}", first_seen=NOW - PAST, last_seen=NOW, placed_at=NOW)
        for number in range(routes)
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            """INSERT INTO detections_minutecount (project_id, series_id, minute, n)
            SELECT %s, s, m, 1 + (random() * %s)::int FROM unnest(%s::bigint[]) AS s,
            generate_series(%s::timestamptz, %s::timestamptz, '1 minute') AS m WHERE random() < %s""",
            [
                at.project_id,
                per_minute,
                [row.pk for row in series],
                NOW - PAST,
                NOW - MINUTE,
                1 - np.exp(-per_minute).item(),
            ],
        )
        cursor.execute(
            """INSERT INTO detections_hourcount (series_id, hour, n)
            SELECT series_id, date_trunc('hour', minute), sum(n)
            FROM detections_minutecount WHERE project_id = %s GROUP BY 1, 2""",
            [at.project_id],
        )
    return list(series)


def events(at: ProjectEnvironment, series: list[Series], number: int) -> None:
    """An event for each count of the newest minutes, `number` at most, of one issue."""
    issue = Issue.objects.create(
        project=at.project, title="ValueError", level="error", first_seen=NOW - PAST, last_seen=NOW
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO {Event._meta.db_table} (event_id, project_id, project_environment_id, issue_id, series_id,
            received_at, occurred_at, level, exception_type, message, logger, clock_note, transaction, url,
            release, trace_id, tags)
            SELECT gen_random_uuid(), %s, %s, %s, series_id, minute + interval '59 s', minute + random() * interval
            '59 s', 'error', 'ValueError', 'quantity ' || (random() * 50)::int || ' must be positive', 'app', '', '',
            '', '', '', '{{}}'
            FROM detections_minutecount, generate_series(1, n) WHERE project_id = %s ORDER BY minute DESC LIMIT %s""",
            [at.project_id, at.pk, issue.pk, at.project_id, number],
        )
        cursor.execute("ANALYZE")


def asked(project: str, hours: int = 168, **content: object) -> Asked:
    selector = {"sources": [{"source": "sentry"}], "project": project, **content.pop("selector", {})}  # type: ignore[dict-item]
    spec = {"title": project, "selector": selector, "conditions": [{"kind": "exceedance"}], **content}
    return run.asked(decode(spec), None, NOW, timedelta(hours=hours))


def timed(name: str, measured: Callable[[], object]) -> None:
    figures = []
    for _ in range(4):
        start, cpu = time.perf_counter(), time.process_time()
        with CaptureQueriesContext(connection) as queries:
            measured()
        figures.append((time.perf_counter() - start, time.process_time() - cpu))
    (first, _), *later = figures
    wall, cpu = (min(each[i] for each in later) for i in (0, 1))
    print(f"| {name} | {wall:.2f} | {cpu:.2f} | {first:.2f} | {len(queries)} |", flush=True)


def deadline(seconds: float) -> Callable[[], bool]:
    end: datetime = now() + timedelta(seconds=seconds)
    return lambda: now() < end


def measure(routes: int, many: int, number: int) -> None:
    for table in (MinuteCount._meta.db_table, Event._meta.db_table):
        ensure(table, [NOW - timedelta(days=day) for day in range(PAST.days + 2)])
    cover("sentry", (NOW - i * MINUTE for i in range(PAST // MINUTE + 1)))
    fill(place("quiet"), routes, 0.05)
    fill(place("busy"), routes, 2.0)
    fill(place("many"), many, 0.01)
    told = place("told")
    events(told, fill(told, routes, 0.05), number)
    always = {"conditions": [{"kind": "exceedance", "floor_mode": "always"}]}
    signature = {"name": "s", "cause": "c", "owner": "o", "message": "quantity 7", "severity": "high"}
    print(f"| case, {routes} routes | s | own CPU | first, s | queries |\n|---|---|---|---|---|")
    timed("7 days, quiet, at once", lambda: run.at_once(asked("quiet"), NOW))
    timed("24 hours, quiet, at once", lambda: run.at_once(asked("quiet", hours=24), NOW))
    timed("7 days, busy, at once", lambda: run.at_once(asked("busy"), NOW))
    timed("7 days, one of the busy, at once", lambda: run.at_once(asked("busy", selector={"route": "/api/7"}), NOW))
    timed("7 days, floors always, with events", lambda: run.at_once(asked("told", **always), NOW))
    timed("7 days, a known failure", lambda: run.at_once(asked("told", signatures=[signature]), NOW))
    timed(
        "7 days, by exception type", lambda: run.at_once(asked("told", selector={"exception_type": "ValueError"}), NOW)
    )
    timed("7 days, by issue", lambda: run.at_once(asked("told", group_by="issue"), NOW))
    timed("is it large? quiet", lambda: run.is_large(asked("quiet")))
    timed(f"is it large? {many:,} routes", lambda: run.is_large(asked("many")))
    timed(f"{many:,} routes, the task's first turn", lambda: run.go_on(asked("many"), None, NOW, deadline(1)))
    timed(f"{many:,} routes, all of the task", lambda: run.go_on(asked("many"), None, NOW, lambda: True))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--routes", type=int, default=50)
    parser.add_argument("--many", type=int, default=2_000)
    parser.add_argument("--events", type=int, default=50_000)
    wanted = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        measure(wanted.routes, wanted.many, wanted.events)
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
