"""Measures what stands beside the form of a rule: `python bench/rule_form.py [--routes N] [--hours N] [--repeat N]`.

Makes one project with N routes and so many hours of counts of each (10,000 with 100: a million counts) in a database of
its own (a test database beside the one that DATABASE_URL names), and asks for the panels and marks as an administrator
through the whole of Django. The median after one request to warm up, in milliseconds by the clock and of this process's
CPU, and the number of statements.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_databases  # noqa: E402

from bench import burning  # noqa: E402
from detections.rules.matching.unmatched import unmatched_rules  # noqa: E402
from detections.rules.queries import known_rules  # noqa: E402
from detections.rules.rule_form.form import RuleForm  # noqa: E402
from detections.telemetry.models import Project, ProjectEnvironment, Series  # noqa: E402
from opsconsole.accounts.models import User  # noqa: E402
from opsconsole.lib import clock  # noqa: E402

HTMX = {"HX-Request": "true"}
ROUTES = """
INSERT INTO detections_series (project_id, project_environment_id, source, kind, method, route, url_path, selected_by,
    first_seen, last_seen, placed_at)
SELECT %(project)s, %(place)s, 'sentry', 'error', 'GET', '/api/area-' || n %% 50 || '/resource-' || n || '/{id}', '',
    '', now() - interval '8 days', now() - n * interval '1 second', now()
FROM generate_series(1, %(routes)s) AS n
"""
COUNTS = """
INSERT INTO detections_hourcount (series_id, hour, n)
SELECT id, date_trunc('hour', now()) - ((back * 191) / %(hours)s) * interval '1 hour', 1 + back %% 7
FROM detections_series, generate_series(0, %(hours)s - 1) AS back
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--routes", type=int, default=10_000)
    parser.add_argument(
        "--hours", type=int, default=100, help="hours with counts of each route, of the last eight days"
    )
    parser.add_argument("--repeat", type=int, default=9)
    told = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        series = _rows(told.routes, told.hours)
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.create_superuser("bench"))
        with patch.object(clock, "now", return_value=clock.now() + timedelta(seconds=5)):
            _measure(client, series, told.repeat)
    finally:
        for database, name, _ in databases:
            database.creation.destroy_test_db(name, verbosity=0)


def _rows(routes: int, hours: int) -> int:
    """The project with its routes and counts; the id of a route."""
    with open(os.devnull, "w") as quiet:
        call_command("load_content", stdout=quiet)
    project, now = Project.objects.create(slug="bench", name="Bench"), clock.now()
    place = ProjectEnvironment.objects.create(
        project=project, name="prod", first_event_at=now - timedelta(days=8), last_event_at=now
    )
    with connection.cursor() as cursor:
        cursor.execute(ROUTES, {"project": project.pk, "place": place.pk, "routes": routes})
        cursor.execute(COUNTS, {"hours": hours})
        cursor.execute("VACUUM ANALYZE detections_series, detections_hourcount")
    return Series.objects.filter(project=project).latest("last_seen").pk


def _measure(client: Client, series: int, repeat: int) -> None:
    form = {name: value for name in RuleForm().fields if (value := RuleForm()[name].value()) not in (None, "", False)}

    def routes(**query: str) -> Callable[[], object]:
        return lambda: client.get("/rules/routes/", query, headers=HTMX)

    asked: dict[str, Callable[[], object]] = {
        "routes: one": routes(route="/api/area-7/resource-7/{id}", project="bench", environment="prod"),
        "routes: a fiftieth": routes(route="GET /api/area-7/*"),
        "routes: all": routes(route=""),
        "routes: in another spelling": routes(route="/api/area-7/resource-7/:id"),
        "routes: none, the nearest": routes(route="/api/area-7/resorce-7/:id/items"),
        "who is told": lambda: client.post("/rules/told/", form, headers=HTMX),
        "alert me when, of a route": lambda: client.get(f"/rules/new/for-route/{series}/"),
        "marks of the list of rules": lambda: unmatched_rules(known_rules()),
    }
    print(f"{'request':<32}{'ms':>8}{'CPU ms':>8}{'statements':>12}")
    for name, ask in asked.items():
        ask()
        made = burning.statements(ask)
        wall, cpu = burning.medians([burning.milliseconds(ask) for _ in range(repeat)])
        print(f"{name:<32}{wall:>8.1f}{cpu:>8.1f}{made:>12}")


if __name__ == "__main__":
    main()
