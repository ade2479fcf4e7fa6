"""Measures incidents: `python bench/incidents.py [--repeat N] [--lines N] [--incidents N] [--other-lines N]
[--deliveries N]`, which prints a table.

An incident with 2,000 lines (a tenth of them notes, a tenth marked by people) of 50 alerts, among 10,000 closed ones
with 300,000 newer lines and 300,000 newer messages, in a database of its own (a test database beside the one that
DATABASE_URL names), looked at by a signed-in administrator through the whole of Django, without a network. The median
of N after one request to warm up, in milliseconds by the clock and of this process's CPU, which is without that of
PostgreSQL; kilobytes, statements and the answer's status. Then a run that gathers, with nothing new.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsconsole.settings")

import django  # noqa: E402

django.setup()

from django.http import HttpResponse  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_databases  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench import burning, other_incidents  # noqa: E402
from detections.alerts.delivery_models import Delivery  # noqa: E402
from detections.alerts.handling.apply_verdicts import consume  # noqa: E402
from detections.alerts.models import Alert  # noqa: E402
from detections.incidents.models import Incident, IncidentAlert  # noqa: E402
from detections.incidents.timeline.gather import gather  # noqa: E402
from detections.incidents.timeline_models import TimelineLine, TimelineMark  # noqa: E402
from opsconsole.accounts.models import User  # noqa: E402
from opsconsole.lib import clock  # noqa: E402

ALERTS = 50
HTMX = {"HX-Request": "true"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=15, help="requests for each figure")
    parser.add_argument("--lines", type=int, default=2_000, help="lines of the timeline")
    parser.add_argument("--incidents", type=int, default=10_000, help="closed incidents beside it")
    parser.add_argument("--other-lines", type=int, default=300_000, help="lines of their timelines, all newer")
    parser.add_argument("--deliveries", type=int, default=300_000, help="messages of their alerts")
    told = parser.parse_args()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        now = clock.now()
        client = Client(SERVER_NAME="localhost")
        client.force_login(User.objects.create_superuser("bench"))
        incident = _prepare(now, told)
        burning.freeze()
        _measure(client, incident, told.repeat)
    finally:
        for database, name, _ in databases:
            database.creation.destroy_test_db(name, verbosity=0)


def _prepare(now: datetime, told: argparse.Namespace) -> Incident:
    burning.burst(burning.routes(ALERTS, now), now)
    consume(now)
    began = now - timedelta(hours=4)
    incident = Incident.objects.create(
        title="Orders fail", severity=1, declared_at=began, declared_by_name="bench", started_at=began
    )
    IncidentAlert.objects.bulk_create(
        IncidentAlert(incident=incident, alert=alert, added_at=now, added_by="bench") for alert in Alert.objects.all()
    )
    gather(incident.pk, now)
    _add_lines(incident, began, told.lines - incident.timeline.count())
    other_incidents.make(told.incidents, now)
    other_incidents.fill(incident, told.other_lines, told.deliveries, now)
    return incident


def _add_lines(incident: Incident, began: datetime, number: int) -> None:
    made = TimelineLine.objects.bulk_create(
        TimelineLine(
            incident=incident,
            kind="alert" if each % 10 else "note",
            at=began + each * timedelta(seconds=7),
            recorded_at=began,
            text=f"DET-BE-001 on /api/orders/{each} is firing: the condition holds again",
            body="" if each % 10 else f"The pool of **{each}** connections is empty:\n\n- `max` is 20\n- 19 wait",
            where="raptor/prod",
            url="/alerts/1/",
            ref=f"bench:{each}",
            important=not each % 7,
        )
        for each in range(number)
    )
    TimelineMark.objects.bulk_create(
        TimelineMark(
            incident=incident, line=line, mark="left_out" if at % 2 else "important", at=began, actor_name="bench"
        )
        for at, line in enumerate(made[::10])
    )


def _measure(client: Client, incident: Incident, repeat: int) -> None:
    print(f"{incident.timeline.count():,} lines of {TimelineLine.objects.count():,}", end=", ")
    print(f"{Incident.objects.count():,} incidents, {Delivery.objects.count():,} messages")
    print(f"{'request':<32}{'ms':>8}{'CPU ms':>8}{'kB':>8}{'statements':>12}")
    page, lines = reverse("incident", args=[incident.pk]), reverse("incident_timeline", args=[incident.pk])
    stamp = client.get(lines, headers=HTMX).headers["X-Fragment"]
    seen = {**HTMX, "X-Poll": "1", "X-Fragment-Seen": stamp}
    addresses = {
        "incident": page,
        "its important lines": f"{page}?show=important",
        "its notes": f"{page}?show=notes",
        "its timeline": lines,
        "its timeline, printed": reverse("incident_timeline_print", args=[incident.pk]),
        "incidents of its alert": reverse("alert_incidents", args=[incident.alert_links.all()[0].alert_id]),
        **_lists(reverse("incident_list")),
        "figures": reverse("incident_figures"),
    }
    asked: dict[str, Callable[[], HttpResponse]] = {name: partial(client.get, at) for name, at in addresses.items()}
    asked["its poll, something changed"] = partial(client.get, lines, headers=HTMX)
    asked["its poll, nothing changed"] = partial(client.get, lines, headers=seen)
    for name, ask in asked.items():
        answer = ask()
        made = burning.statements(ask)
        wall, cpu = burning.medians([burning.milliseconds(ask) for _ in range(repeat)])
        print(f"{name:<32}{wall:>8.1f}{cpu:>8.1f}{len(answer.content) / 1000:>8.1f}{made:>12}  {answer.status_code}")
    run = partial(gather, incident.pk, clock.now())
    run()
    wall, cpu = burning.medians([burning.milliseconds(run) for _ in range(repeat)])  # type: ignore[arg-type]
    print(f"{'gathering, nothing new':<32}{wall:>8.1f}{cpu:>8.1f}{'':>8}{burning.statements(run):>12}")  # type: ignore[arg-type]


def _lists(address: str) -> dict[str, str]:
    return {
        "list, open": address,
        "list, all": f"{address}?status=any",
        "list, most severe first": f"{address}?status=any&sort=severity",
        "list, of a place": f"{address}?status=any&project=bench-0",
        "list, searched: all have it": f"{address}?status=any&q=orders",
        "list, searched: links have it": f"{address}?status=any&q=pull/12",
        "list, searched: none has it": f"{address}?status=any&q=nothing like it",
    }


if __name__ == "__main__":
    main()
