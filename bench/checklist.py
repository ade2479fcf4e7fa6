"""Measures the page of a checklist run on this machine: `python bench/checklist.py [--repeat N]`.

Makes checklists of 50, 500 and 1000 items, a third of them signed and all reported on, in a database of its own (a
test database beside the one that DATABASE_URL names), and asks for the page as a signed-in signer through the whole of
Django, without a network. For each size: the whole page, the polled fragment after a change, and the poll that finds
none; the median of N after one request to warm up, in milliseconds by the clock and of this process's CPU; kilobytes,
and statements.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_databases  # noqa: E402

from bootstrap.checklists.audit.append import ActRequest  # noqa: E402
from bootstrap.checklists.models import Run  # noqa: E402
from bootstrap.checklists.signing.sign import sign  # noqa: E402
from bootstrap.config_health.models import ConfigReport, VariableState  # noqa: E402
from bootstrap.importer import read_runbook  # noqa: E402
from bootstrap.importer.store.write_runbook import load_runbook  # noqa: E402
from bootstrap.systems.models import App, Deployment, Environment, System  # noqa: E402
from opsconsole.accounts.models import User  # noqa: E402
from opsconsole.lib import clock  # noqa: E402

SIZES = (50, 500, 1000)
PER_SECTION = 20
HTMX = {"HX-Request": "true"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="requests for each figure")
    repeat = parser.parse_args().repeat
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        signer = User.objects.create_superuser("bench")
        client = Client(SERVER_NAME="localhost")
        client.force_login(signer)
        print(f"{'items':>6}  {'request':<24}{'ms':>8}{'CPU ms':>8}{'kB':>8}{'statements':>12}")
        for size in SIZES:
            _measure(client, _run(size, signer), size, repeat)
    finally:
        for database, name, _ in databases:
            database.creation.destroy_test_db(name, verbosity=0)


def _measure(client: Client, run: Run, size: int, repeat: int) -> None:
    address = run.get_absolute_url()
    stamp = client.get(address, headers=HTMX).headers["X-Fragment"]
    asked: dict[str, Callable[[], HttpResponse]] = {
        "page": lambda: client.get(address),
        "poll, something changed": lambda: client.get(address, headers=HTMX),
        "poll, nothing changed": lambda: client.get(address, headers={**HTMX, "X-Fragment-Seen": stamp}),
    }
    for name, ask in asked.items():
        ask()
        statements = _Count()
        with connection.execute_wrapper(statements):
            answer = ask()
        took = [_milliseconds(ask) for _ in range(repeat)]
        wall, cpu = (statistics.median(each) for each in zip(*took, strict=True))
        kilobytes = len(answer.content) / 1000
        print(f"{size:>6}  {name:<24}{wall:>8.1f}{cpu:>8.1f}{kilobytes:>8.1f}{statements.made:>12}")


class _Count:
    """Counts the statements that pass it on their way to the database."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        self.made += 1
        return execute(sql, params, many, context)


def _milliseconds(ask: Callable[[], HttpResponse]) -> tuple[float, float]:
    start, cpu = time.perf_counter(), time.process_time()
    ask()
    return (time.perf_counter() - start) * 1000, (time.process_time() - cpu) * 1000


def _run(size: int, by: User) -> Run:
    """Sections of variables with a flag at the end of each, every third item signed, each variable reported."""
    system = System.objects.create(slug=f"bench-{size}", name="Bench")
    app = App.objects.create(system=system, slug="api", name="API")
    environment = Environment.objects.create(system=system, slug="prod", name="Production")
    place = Deployment.objects.create(app=app, environment=environment, host_name="bench-api-prod")
    text = _runbook(size)
    version = load_runbook(read_runbook(text), text, app, f"bench-{size}").checklist_versions[0]
    run = Run.objects.create(version=version, checklist=version.checklist, environment=environment)
    for section in version.sections.all():
        for item in section.items.exclude(kind="flag")[: PER_SECTION // 3]:
            sign(ActRequest(run, item, by, clock.now(), note="as agreed"))
    _report(place, size)
    return run


def _report(place: Deployment, size: int) -> None:
    """An agent's report of all variables, every seventh of them unset."""
    now = clock.now()
    ConfigReport.objects.create(deployment=place, reported_at=now, received_at=now, content_hash="")
    VariableState.objects.bulk_create(
        VariableState(
            deployment=place, name=f"BENCH_VALUE_{n}", state="set" if n % 7 else "unset", format_ok=True, since=now
        )
        for n in range(size)
    )


def _runbook(size: int) -> str:
    lines = ["# Bench", "", "## Setup checklist"]
    for start in range(0, size, PER_SECTION):
        numbers = range(start, min(start + PER_SECTION, size))
        lines += ["", f"### Part {start} (FLAG_PART_{start})", "", "What it is for and who asks for it.", ""]
        lines += ["| Var | Default |", "|---|---|"]
        lines += [f"| `BENCH_VALUE_{n}` | none |" for n in numbers[:-1]] + [""]
        lines += [f"- [ ] `BENCH_VALUE_{n}` provisioned in **the vault** and checked" for n in numbers[:-1]]
        lines += [f"- [ ] `FLAG_PART_{start}=1` set after the above are confirmed"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
