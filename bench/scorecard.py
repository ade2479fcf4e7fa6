"""Measures the scorecard: `DATABASE_URL=… python bench/scorecard.py [--systems 50] [--environments 5] [--checklists 10]
[--items 100] [--acts 100000] [--explain]`.

Fills a transaction that is rolled back: systems with environments, each with an open run of each checklist of its
system (items on two levels, a tenth about variables), acts, a report for each environment. Renders the page, the CSV
file and a past day through Django's client five times each, and prints a table with the medians; then the statements of
the page that took longest. `--explain` prints the plans of both aggregates.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402

from bootstrap.checklists.models import Checklist, ChecklistVersion, Item, Run, Section, SignOff  # noqa: E402
from bootstrap.config_health.models import ConfigReport, VariableState  # noqa: E402
from bootstrap.scorecard import contradicted, counts  # noqa: E402
from bootstrap.systems.models import App, ConfigVar, Deployment, Environment, System  # noqa: E402
from opsconsole.accounts.models import User  # noqa: E402
from opsconsole.lib import clock  # noqa: E402

SECTIONS, VARIABLES = 5, 20
LEVELS = ["Basic", "Full"]


def fill(wanted: argparse.Namespace) -> None:
    now, draw = clock.now(), random.Random(1)
    systems = System.objects.bulk_create(System(slug=f"b{n:03}", name=f"Bench {n}") for n in range(wanted.systems))
    apps = App.objects.bulk_create(App(system=system, slug="api", name="API") for system in systems)
    places = Environment.objects.bulk_create(
        Environment(system=system, slug=f"env-{n}", name=f"Env {n}")
        for system in systems
        for n in range(wanted.environments)
    )
    app_of = {app.system_id: app for app in apps}
    variables = ConfigVar.objects.bulk_create(
        ConfigVar(app=app, name=f"VAR_{n}") for app in apps for n in range(VARIABLES)
    )
    _reports(places, app_of, now)
    checklists = Checklist.objects.bulk_create(
        Checklist(system=system, app=app_of[system.pk], slug=f"{system.slug}-{n}", title=f"Checklist {n}")
        for system in systems
        for n in range(wanted.checklists)
    )
    versions = ChecklistVersion.objects.bulk_create(
        ChecklistVersion(checklist=each, number=1, content_hash="0" * 64, levels=LEVELS) for each in checklists
    )
    items = _items(versions, wanted.items)
    _link(items, variables, checklists, versions)
    by_system: dict[int, list[ChecklistVersion]] = {}
    for version in versions:
        by_system.setdefault(version.checklist.system_id, []).append(version)
    runs = Run.objects.bulk_create(
        Run(version=version, checklist=version.checklist, environment=place)
        for place in places
        for version in by_system[place.system_id]
    )
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(started_at=now - timedelta(days=60))
    _acts(runs, items, wanted.acts, draw, now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _reports(places: list[Environment], app_of: dict[int, App], now: datetime) -> None:
    rows = Deployment.objects.bulk_create(
        Deployment(app=app_of[place.system_id], environment=place, host_name=f"h{place.pk}") for place in places
    )
    ConfigReport.objects.bulk_create(
        ConfigReport(deployment=row, reported_at=now, received_at=now, content_hash="") for row in rows
    )
    VariableState.objects.bulk_create(
        VariableState(deployment=row, name=f"VAR_{n}", state="set" if n % 10 else "unset", since=now)
        for row in rows
        for n in range(VARIABLES)
    )


def _items(versions: list[ChecklistVersion], number: int) -> dict[int, list[Item]]:
    """By version id, its items."""
    sections = Section.objects.bulk_create(
        Section(version=version, order=n, slug=f"s{n}", title=f"Section {n}")
        for version in versions
        for n in range(SECTIONS)
    )
    rows = [
        Item(section=section, order=n, key=f"k-{section.order}-{n}", text="Something is done", level=LEVELS[n % 2])
        for section in sections
        for n in range(number // SECTIONS)
    ]
    by_version: dict[int, list[Item]] = {}
    for item in Item.objects.bulk_create(rows, batch_size=5000):
        by_version.setdefault(item.section.version_id, []).append(item)
    return by_version


def _link(
    items: dict[int, list[Item]],
    variables: list[ConfigVar],
    checklists: list[Checklist],
    versions: list[ChecklistVersion],
) -> None:
    of_app: dict[int, list[ConfigVar]] = {}
    for variable in variables:
        of_app.setdefault(variable.app_id, []).append(variable)
    link = Item.variables.through
    link.objects.bulk_create(
        link(item_id=item.pk, configvar_id=of_app[version.checklist.app_id or 0][n % VARIABLES].pk)
        for version in versions
        for n, item in enumerate(items[version.pk][::10])
    )


def _acts(runs: list[Run], items: dict[int, list[Item]], number: int, draw: random.Random, now: datetime) -> None:
    by = User.objects.create_superuser("bench")
    each = number // len(runs)
    acts = (
        SignOff(
            run=run, item=item, sequence=1, by=by, at=now - timedelta(days=draw.randrange(50)),
            hash=f"{run.pk}-{item.pk}",
            act=(act := draw.choices(["done", "not_applicable", "waived"], [90, 5, 5])[0]),
            review_by=(now + timedelta(days=draw.randrange(-5, 60))).date() if act == "waived" else None,
        )
        for run in runs
        for item in items[run.version_id][: draw.randrange(2 * each + 1)]
    )  # fmt: skip
    SignOff.objects.bulk_create(acts, batch_size=5000)


@override_settings(ALLOWED_HOSTS=["*"])
def measure(rounds: int = 5) -> None:
    client = Client()
    client.force_login(User.objects.get(username="bench"))
    day = (datetime.now(UTC) - timedelta(days=20)).date()
    print(f"{'':34}{'median':>10}{'of it CPU':>12}{'size':>10}")
    for name, address in (
        ("page", "/checklists/scorecard/"),
        ("page, least complete first", "/checklists/scorecard/?sort=missing"),
        ("page, one system", "/checklists/scorecard/?system=b001"),
        (f"page, on {day}", f"/checklists/scorecard/?on={day}"),
        ("CSV, all cells", "/checklists/scorecard.csv"),
    ):
        size, walls, cpus = len(client.get(address).content), [], []
        for _ in range(rounds):
            wall, cpu = time.perf_counter(), time.process_time()
            client.get(address)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
        took, used = statistics.median(walls) * 1000, statistics.median(cpus) * 1000
        print(f"{name:34}{took:>7.0f} ms{used:>9.0f} ms{size / 1000:>7.0f} KB")
    with connection.execute_wrapper(_timed):
        client.get("/checklists/scorecard/")


def _timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    start = time.perf_counter()
    found = execute(sql, params, many, context)
    took = (time.perf_counter() - start) * 1000
    if took > 10:
        print(f"{took:6.1f} ms  {' '.join(sql.split())[:90]}")
    return found


def explain() -> None:
    asked = counts.AskedRuns(
        list(Environment.objects.values_list("pk", flat=True)),
        list(Checklist.objects.values_list("pk", flat=True)),
        clock.now() + timedelta(seconds=1),
        datetime.now(UTC).date(),
    )
    for rows, statement in (("counts", counts.COUNTED), ("contradicted", contradicted.SIGNED)):
        print(f"\n{rows}")
        for (line,) in counts.rows_of(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", asked):
            print(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    for name, default in (("systems", 50), ("environments", 5), ("checklists", 10), ("items", 100), ("acts", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--explain", action="store_true")
    wanted = parser.parse_args()
    with transaction.atomic():
        fill(wanted)
        print(f"{Run.objects.count():,} runs, {Item.objects.count():,} items, {SignOff.objects.count():,} acts")
        measure()
        if wanted.explain:
            explain()
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
