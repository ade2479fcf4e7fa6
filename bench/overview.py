"""Measures the pages that people look at during an outage: `python bench/overview.py [--repeat N] [--alerts N]`.

Lets the shipped rules judge 200 failing routes, so that 200 alerts fire, in a database of its own (a test database
beside the one that DATABASE_URL names), and asks for each page as a signed-in administrator through the whole of
Django, without a network. The median of N after one request to warm up, in milliseconds by the clock and of this
process's CPU; kilobytes, statements and the answer's status.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_databases  # noqa: E402

from bench import burning  # noqa: E402
from detections.alerts.delivery.sender import deliver  # noqa: E402
from detections.alerts.handling.apply_verdicts import consume  # noqa: E402
from detections.alerts.models import Alert  # noqa: E402
from opsconsole.accounts.models import User  # noqa: E402
from opsconsole.lib import clock  # noqa: E402

HTMX = {"HX-Request": "true", "X-Poll": "true"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="requests for each figure")
    parser.add_argument("--alerts", type=int, default=200, help="alerts that fire")
    told = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        now = clock.now()
        burning.burst(burning.routes(told.alerts, now), now)
        consume(now)
        deliver(clock.now)
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.create_superuser("bench"))
        with patch.object(clock, "now", return_value=now + timedelta(seconds=5)):  # else ages on the page change
            _measure(client, told.repeat)
    finally:
        for database, name, _ in databases:
            database.creation.destroy_test_db(name, verbosity=0)


def _measure(client: Client, repeat: int) -> None:
    firing = Alert.objects.filter(status=Alert.Status.FIRING)
    print(f"{firing.count()} alerts fire")
    print(f"{'request':<32}{'ms':>8}{'CPU ms':>8}{'kB':>8}{'statements':>12}")
    overview = client.get("/", headers=HTMX).headers["X-Fragment"]
    asked: dict[str, Callable[[], HttpResponse]] = {
        "overview": lambda: client.get("/"),
        "its poll, something changed": lambda: client.get("/", headers=HTMX),
        "its poll, nothing changed": lambda: client.get("/", headers={**HTMX, "X-Fragment-Seen": overview}),
        "banner's poll": lambda: client.get("/banner/", headers=HTMX),
    }
    pages = {"alerts": "/alerts/", "an alert": f"/alerts/{firing.latest('id').pk}/", "rules": "/rules/"}
    for name, address in {**pages, "issues": "/issues/", "routes": "/routes/"}.items():
        asked[name] = partial(client.get, address)
    for name, ask in asked.items():
        answer = ask()
        made = burning.statements(ask)
        wall, cpu = burning.medians([burning.milliseconds(ask) for _ in range(repeat)])
        kilobytes = len(answer.content) / 1000
        print(f"{name:<32}{wall:>8.1f}{cpu:>8.1f}{kilobytes:>8.1f}{made:>12}  {answer.status_code}")


if __name__ == "__main__":
    main()
