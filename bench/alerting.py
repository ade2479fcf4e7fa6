"""Measures alerting on this machine: `python bench/alerting.py [--quick]`, which prints a table.

Starts a console of its own in a temporary directory, whose Slack is a receiver in this process. Then

- an application (the real SDK) captures errors, each on a route of its own: seconds from `capture_exception` to the
  request at Slack;
- 1,000 messages wait for a target that answers in 50 ms, while none, one and ten others hang: seconds until the last
  one is there;
- 10,000 alerts are open, with a million log rows: milliseconds of the list.

CPU seconds are those of the console's own processes (of the list: of this one), PostgreSQL and Redis apart.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bench.ingest import Console, console  # noqa: E402

WAIT = 120.0  # seconds that a figure may take
ANSWER = 0.05  # seconds until the quick receiver answers
HANGING = (0, 1, 10)
EACH_HANGING = 50  # messages to each target that hangs
Row = tuple[str, str]


class Receiver:
    """An HTTP server in a thread. Requests to `/hang…` are never answered; of others it keeps when they were there."""

    def __init__(self) -> None:
        self.arrived: list[tuple[float, str, bytes]] = []
        self.most = self._now = 0
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        path = head.split(" ", 2)[1]
        length = next(line.split(":")[1] for line in head.splitlines() if line.lower().startswith("content-length"))
        body = await reader.readexactly(int(length))
        if path.startswith("/hang"):
            await asyncio.sleep(WAIT)
            return
        self.arrived.append((time.time(), path, body))
        self._now += 1
        self.most = max(self.most, self._now)
        await asyncio.sleep(ANSWER)
        self._now -= 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    def times(self, path: str) -> list[float]:
        return [at for at, where, _ in list(self.arrived) if where == path]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--only", choices=["capture", "delivery", "list"], help="one of the three parts")
    told = parser.parse_args()
    share, only = 10 if told.quick else 1, told.only
    receiver = Receiver()
    os.environ.update(
        OPSCONSOLE_SLACK_WEBHOOK_URL=f"{receiver.url}/slack", OPSCONSOLE_OUTBOUND_ALLOW="127.0.0.0/8", SENTRY_DSN=""
    )
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="opsconsole-bench-") as data, console(data) as running:
        rows += _memory(running)
        dsn = _prepare()
        if only in (None, "capture"):
            rows += _captured(running, receiver, dsn, 20 // min(share, 4))
        for hanging in HANGING if only in (None, "delivery") else ():
            rows += _delivered(running, receiver, 1_000 // share, hanging)
        if only in (None, "list"):
            rows += _list(10_000 // share, 1_000_000 // share)
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {value}" for name, value in rows))


def _memory(running: Console) -> Iterator[Row]:
    by_program = running.memory()
    shares = ", ".join(f"{name} {size:.0f}" for name, size in by_program.items())
    yield "memory of all processes before the first event (PSS)", f"{sum(by_program.values()):.0f} MB ({shares})"


def _captured(running: Console, receiver: Receiver, dsn: str, number: int) -> Iterator[Row]:
    """Errors of a failure that is critical by itself, two seconds apart, each in an environment of its own: in one they
    would be told as one."""
    import sentry_sdk

    sentry_sdk.init(dsn, default_integrations=False)
    captured: dict[str, float] = {}
    with _cpu(running) as cpu:
        for index in range(number):
            route = f"/bench/{'abcdefghijklmnopqrstuvwxyz'[index]}"
            with sentry_sdk.isolation_scope() as scope:
                scope.set_transaction_name(route)
                scope.set_tag("url", route)
                place = f"bench-{route[-1]}"
                scope.add_event_processor(lambda event, _, place=place: {**event, "environment": place})
                captured[route] = time.time()
                try:
                    raise TimeoutError("the payment service does not answer")
                except TimeoutError as error:
                    sentry_sdk.capture_exception(error)
            time.sleep(2.0)
        found: dict[str, float] = {}
        _until(lambda: len(_found(receiver, captured, found)) == number, "every error is at Slack")
    sentry_sdk.get_client().close()
    seconds = sorted(found[route] - at for route, at in captured.items())
    told = f"median {statistics.median(seconds):.2f} s, most {seconds[-1]:.2f} s ({cpu():.1f} s CPU)"
    yield f"from capture to the request at Slack, {number} errors", told


def _found(receiver: Receiver, captured: dict[str, float], found: dict[str, float]) -> dict[str, float]:
    for at, _, body in list(receiver.arrived):
        for route in captured:
            if route.encode() in body:
                found.setdefault(route, at)
    return found


def _prepare() -> str:
    """A project and a rule that is critical at once; returns the DSN."""
    import django

    django.setup()
    from django.conf import settings

    from detections.rules.lifecycle import publish
    from detections.rules.spec.schema import decode
    from detections.telemetry.connect import usable_key
    from detections.telemetry.dsn import dsn
    from opsconsole.lib import clock

    cause = {"name": "timeout", "cause": "payment service", "owner": "sre", "exception": "TimeoutError"}
    spec = {
        "title": "Payments time out",
        "selector": {"sources": [{"source": "sentry"}]},
        "group_by": "route",
        "signatures": [{**cause, "severity": "critical"}],
    }
    publish.publish("BENCH", decode(spec), now=clock.now(), mode="active")
    key = usable_key("bench")
    return dsn(settings.PUBLIC_URL, key.public_key, key.project_id)


def _delivered(running: Console, receiver: Receiver, number: int, hanging: int) -> Iterator[Row]:
    from detections.alerts.delivery_models import Delivery
    from opsconsole.lib import clock

    path = f"/beside-{hanging}"
    receiver.most = 0
    for index in range(hanging):
        _queue(f"{receiver.url}/hang-{hanging}-{index}", EACH_HANGING)
    with _cpu(running) as cpu:
        start = time.time()
        _queue(f"{receiver.url}{path}", number)
        _until(lambda: len(receiver.times(path)) >= number, f"all messages are out beside {hanging}")
    seconds = max(receiver.times(path)) - start
    Delivery.objects.filter(status="queued").update(status="dead", next_attempt_at=None)
    told = f"{seconds:.1f} s, at most {receiver.most} at once ({cpu():.1f} s CPU)"
    yield f"{number} messages to a target that answers in 50 ms, {hanging} others hang", told
    _until(lambda: not Delivery.objects.filter(status="sending", lease_until__gt=clock.now()).exists(), "all is over")


def _queue(url: str, number: int) -> None:
    """Due messages of as many alerts to a target of their own."""
    from detections.alerts.delivery_models import Delivery
    from detections.alerts.routing_models import Target
    from detections.alerts.targets.values import set_values
    from opsconsole.lib import clock

    now = clock.now()
    target = Target(name=url[-90:], address=url[-90:], channel="slack")
    set_values(target, {"webhook_url": url}, now)
    target.save()
    facts = {"kind": "firing", "severity": "critical", "rule": "BENCH", "sentence": "4 errors in 5 minutes"}
    Delivery.objects.bulk_create(
        Delivery(
            alert_id=group.leader_id,
            group=group,
            target=target,
            sequence=1,
            kind="firing",
            policy_name="Critical",
            payload=facts,
            queued_at=now,
            next_attempt_at=now,
        )
        for group in _open(number)
    )


def _open(number: int) -> list[Any]:
    """Groups of one new alert each."""
    from detections.alerts.causes.models import AlertGroup, GroupedAlert
    from detections.alerts.models import Alert
    from opsconsole.lib import clock

    now = clock.now()
    alerts = Alert.objects.bulk_create(_alerts(number), batch_size=1000)
    groups = AlertGroup.objects.bulk_create(
        (AlertGroup(leader=alert, opened_at=now) for alert in alerts), batch_size=1000
    )
    GroupedAlert.objects.bulk_create(
        (GroupedAlert(alert_id=group.leader_id, group=group, joined_at=now) for group in groups), batch_size=1000
    )
    return groups


def _alerts(number: int) -> list[Any]:
    """Unsaved alerts of as many new scopes of the rule."""
    from uuid import uuid4

    from detections.alerts.models import Alert
    from detections.rules.models import Rule, Scope
    from detections.telemetry.models import Project, ProjectEnvironment
    from opsconsole.lib import clock

    now = clock.now()
    rule = Rule.objects.get(identifier="BENCH")
    place = ProjectEnvironment.objects.get_or_create(project=Project.objects.get(slug="bench"), name="production")[0]
    scopes = Scope.objects.bulk_create(
        Scope(rule=rule, project_environment=place, group_key=f"/{uuid4()}", created_at=now) for _ in range(number)
    )
    common: dict[str, Any] = {"rule": rule, "version": rule.current, "project": place.project, "severity": 3}
    return [
        Alert(
            scope=scope,
            project_environment=place,
            group_key=scope.group_key,
            slot_severity=3,
            status="firing",
            opened_at=now - timedelta(seconds=index),
            status_since=now,
            last_slot=now,
            dedup_key=scope.pk,
            **common,
        )
        for index, scope in enumerate(scopes)
    ]


def _list(open_alerts: int, log_rows: int) -> Iterator[Row]:
    from django.db import connection
    from django.test import Client

    from bench import burning
    from detections.alerts.models import Alert
    from opsconsole.accounts.models import User

    missing = open_alerts - Alert.objects.filter(status="firing").count()
    _open(max(0, missing))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO detections_alertlog (alert_id, at, kind, actor_name, old, new, why) SELECT alert.id, now(),"
            " 'firing', 'engine', '', 'firing', '' FROM detections_alert alert, generate_series(1, %s)",
            [log_rows // Alert.objects.count()],
        )
        cursor.execute("ANALYZE")
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("bench"))
    burning.freeze()
    for address in ("/alerts/", "/alerts/?sort=severity", "/alerts/?q=bench&page=100"):
        answer = client.get(address)
        times = [_milliseconds(lambda: client.get(address)) for _ in range(15)]  # noqa: B023 - called in the turn
        wall, cpu = (statistics.median(values) for values in zip(*times, strict=True))
        name = f"{address} with {open_alerts:,} open alerts and {log_rows:,} log rows"
        yield name, f"{wall:.0f} ms, {cpu:.0f} ms CPU, {answer.status_code}"


def _milliseconds(ask: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    ask()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


@contextmanager
def _cpu(running: Console) -> Iterator[Callable[[], float]]:
    before = running.cpu()
    spent = [0.0]
    yield lambda: spent[0]
    spent[0] = running.cpu() - before


def _until(done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + WAIT
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"not within {WAIT:.0f} s: {what}")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
