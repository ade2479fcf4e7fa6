"""Measures the matrix of variables by environments: `DATABASE_URL=… python bench/matrix.py [--variables 200]
[--environments 200]`.

Fills a transaction that is rolled back with one application in many environments, each with a report, renders the page
ten times through Django's client, and prints the median and the size.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from datetime import timedelta
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

from bootstrap.config_health.models import ConfigReport, Finding, VariableState  # noqa: E402
from bootstrap.systems.models import App, ConfigVar, Deployment, Environment, System  # noqa: E402
from opsconsole.accounts.models import User  # noqa: E402
from opsconsole.lib import clock  # noqa: E402


def fill(variables: int, environments: int) -> None:
    now = clock.now() - timedelta(minutes=5)
    system = System.objects.create(slug="bench", name="Bench")
    app = App.objects.create(system=system, slug="bench-api", name="API")
    ConfigVar.objects.bulk_create(ConfigVar(app=app, name=name(n)) for n in range(variables))
    for number in range(environments):
        place = Environment.objects.create(system=system, slug=f"env-{number:03}", name=f"Environment {number}")
        row = Deployment.objects.create(app=app, environment=place, host_name=f"bench-{number}")
        ConfigReport.objects.create(deployment=row, reported_at=now, received_at=now, content_hash="")
        VariableState.objects.bulk_create(
            VariableState(deployment=row, name=name(n), state="unset" if n % 7 == 0 else "set", since=now)
            for n in range(variables)
        )
        Finding.objects.bulk_create(
            Finding(deployment=row, subject=name(n), kind="missing", severity="critical", opened_at=now)
            for n in range(0, variables, 21)
        )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bootstrap_variablestate, bootstrap_finding, bootstrap_configreport")


def name(number: int) -> str:
    return f"VARIABLE_NUMBER_{number:03}"


def _timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    start = time.perf_counter()
    found = execute(sql, params, many, context)
    print(f"{(time.perf_counter() - start) * 1000:6.1f} ms  {sql[:90]}")
    return found


@override_settings(ALLOWED_HOSTS=["*"])
def measure(runs: int = 10) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    address = "/environments/matrix/?system=bench"
    client.get(address)
    size = len(client.get(address).content)
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        client.get(address)
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    with connection.execute_wrapper(_timed):
        client.get(address)
    print(f"median {statistics.median(walls) * 1000:.0f} ms ({statistics.median(cpus) * 1000:.0f} ms of its own CPU)")
    print(f"{size / 1000:.0f} KB")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--variables", type=int, default=200)
    parser.add_argument("--environments", type=int, default=200)
    wanted = parser.parse_args()
    with transaction.atomic():
        fill(wanted.variables, wanted.environments)
        measure()
        transaction.set_rollback(True)


if __name__ == "__main__":
    main()
