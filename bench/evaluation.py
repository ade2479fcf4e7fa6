"""Measures how long judges hold their lock: `python bench/evaluation.py [--scopes 10000] [--rules 1000]`.

In a database of its own (a test database beside the one that DATABASE_URL names, else of the embedded server) it makes
routes with an error each in the last minutes and a covered week. The first table: one rule for all routes, whose scopes
are seen for the first time, then the turns in which their baselines are estimated (without the judge's lock), then the
next slots. The second: as many rules as routes, each on one route. Seconds by the
clock and of this process's CPU.
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

from django.db import transaction  # noqa: E402
from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from detections.rules.evaluation import refresh_baselines  # noqa: E402
from detections.rules.evaluation.run_evaluators import evaluate, lock  # noqa: E402
from detections.rules.evaluation.scopes import EvaluationRequest  # noqa: E402
from detections.rules.lifecycle.publish import publish  # noqa: E402
from detections.rules.models import Rule  # noqa: E402
from detections.rules.spec.schema import decode  # noqa: E402
from detections.telemetry.add_counts import add_counts, cover  # noqa: E402
from detections.telemetry.models import Project, ProjectEnvironment, Series  # noqa: E402
from detections.telemetry.records import Count  # noqa: E402
from opsconsole.lib.clock import MINUTE, floor_hour, now  # noqa: E402

WEEK = timedelta(days=8)
SLOT = floor_hour(now()) - 2 * timedelta(hours=1) + 30 * MINUTE


def place(name: str) -> ProjectEnvironment:
    project = Project.objects.create(slug=name, name=name)
    return ProjectEnvironment.objects.create(
        project=project, name="prod", first_event_at=SLOT - WEEK, last_event_at=SLOT
    )


def fill(at: ProjectEnvironment, routes: int) -> None:
    """Routes with an error in one minute of five, for half an hour."""
    known = {"project": at.project, "project_environment": at, "source": "sentry", "kind": "error", "method": "GET"}
    series = Series.objects.bulk_create(
        Series(**known, route=f"/api/{number}", first_seen=SLOT, last_seen=SLOT, placed_at=SLOT)
        for number in range(routes)
    )
    minutes = [SLOT - (5 * i + 1) * MINUTE for i in range(6)]
    add_counts(Count(at.project_id, row.pk, minute, 1) for row in series for minute in minutes)


def rule(identifier: str, project: str, route: str = "") -> None:
    selector = {"sources": [{"source": "sentry"}], "project": project, "route": route}
    content = {"title": identifier, "selector": selector, "conditions": [{"kind": "exceedance"}]}
    publish(identifier, decode(content), now=SLOT, author_name="bench", reason="bench", mode=Rule.Mode.ACTIVE)


@transaction.atomic
def judge(end: datetime) -> int:
    lock()
    return evaluate(EvaluationRequest(end, end))


def timed(name: str, measured: Callable[[], int]) -> int:
    start, cpu = time.perf_counter(), time.process_time()
    number = measured()
    print(f"| {name} | {number:,} | {_seconds(start, cpu)} |", flush=True)
    return number


def _seconds(start: float, cpu: float) -> str:
    return f"{time.perf_counter() - start:.2f} | {time.process_time() - cpu:.2f}"


def turns() -> None:
    """Estimates until every scope has its hour; the longest turn, then all of them."""
    longest, start, cpu, number = (0.0, 0, ""), time.perf_counter(), time.process_time(), 0
    before, cpu_before = start, cpu
    for found in refresh_baselines.turns(lambda: SLOT + timedelta(seconds=time.perf_counter() - start)):
        longest = max(longest, (time.perf_counter() - before, found, _seconds(before, cpu_before)))
        before, cpu_before, number = time.perf_counter(), time.process_time(), number + found
    print(f"| longest turn of estimates | {longest[1]} | {longest[2]} |")
    print(f"| all turns of estimates | {number:,} | {_seconds(start, cpu)} |", flush=True)


def measure(scopes: int, rules: int) -> None:
    cover("sentry", (SLOT - i * MINUTE for i in range(WEEK // MINUTE + 1)))
    fill(place("many"), scopes)
    rule("ALL", "many")
    print("| one rule, many routes | rows | s | own CPU |\n|---|---|---|---|")
    timed("slot, scopes seen for the first time", lambda: judge(SLOT))
    turns()
    for minute in (1, 2):
        timed("next slot", lambda minute=minute: judge(SLOT + minute * MINUTE))  # type: ignore[misc]
    Rule.objects.update(mode=Rule.Mode.RETIRED)
    fill(place("each"), rules)
    for number in range(rules):
        rule(f"R-{number}", "each", f"/api/{number}")
    print("\n| as many rules as routes | rows | s | own CPU |\n|---|---|---|---|")
    timed("slot, scopes seen for the first time", lambda: judge(SLOT))
    turns()
    timed("next slot", lambda: judge(SLOT + MINUTE))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scopes", type=int, default=10_000)
    parser.add_argument("--rules", type=int, default=1_000)
    wanted = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        measure(wanted.scopes, wanted.rules)
    finally:
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    main()
