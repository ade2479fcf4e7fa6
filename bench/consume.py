"""Measures applying verdicts to alerts: `python bench/consume.py [--scopes N] [--slots N]`.

Lets the shipped rules judge 200 failing routes minute after minute, in a database of its own (a test database beside
the one that DATABASE_URL names). The first slot opens an alert for each; the others find them firing. The median of
the others, in milliseconds by the clock and of this process's CPU, and statements.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402
from django.test.utils import setup_databases  # noqa: E402

from bench import burning  # noqa: E402
from detections.alerts.handling.apply_verdicts import consume  # noqa: E402
from detections.alerts.models import Alert  # noqa: E402
from detections.rules.models import Verdict  # noqa: E402
from detections.telemetry.models import Series  # noqa: E402
from opsconsole.lib import clock  # noqa: E402
from opsconsole.lib.clock import MINUTE  # noqa: E402


class Slot(NamedTuple):
    """What applying one slot took; times in milliseconds."""

    verdicts: int
    wall: float
    cpu: float
    statements: int


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scopes", type=int, default=200, help="routes that fail")
    parser.add_argument("--slots", type=int, default=9, help="minutes after the first")
    told = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        _measure(told.scopes, told.slots)
    finally:
        for database, name, _ in databases:
            database.creation.destroy_test_db(name, verbosity=0)


def _measure(scopes: int, slots: int) -> None:
    start = clock.now() - timedelta(minutes=slots)
    series = burning.routes(scopes, start)
    print(f"{'slot':<24}{'verdicts':>9}{'ms':>9}{'CPU ms':>9}{'statements':>12}")
    opened, *rest = [_slot(series, start + MINUTE * number) for number in range(slots + 1)]
    _print("opens the alerts", opened)
    wall, cpu = burning.medians([(each.wall, each.cpu) for each in rest])
    _print("finds them firing", rest[-1]._replace(wall=wall, cpu=cpu))
    print(f"{Alert.objects.filter(status=Alert.Status.FIRING).count()} alerts fire")


def _slot(series: list[Series], now: datetime) -> Slot:
    burning.burst(series, now)
    waiting = Verdict.objects.filter(consumed_at__isnull=True).count()
    counted = burning.Statements()
    with connection.execute_wrapper(counted):
        wall, cpu = burning.milliseconds(lambda: consume(now))
    return Slot(waiting, wall, cpu, counted.made)


def _print(name: str, slot: Slot) -> None:
    print(f"{name:<24}{slot.verdicts:>9}{slot.wall:>9.1f}{slot.cpu:>9.1f}{slot.statements:>12}")


if __name__ == "__main__":
    main()
