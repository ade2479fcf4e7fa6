"""What stands in the outbox is sent while Redis is gone, by a real console, and by a sender that starts then."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import set_values
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.supervisor import runfile
from tests.console import Console, copy_of, running
from tests.detections.alerts.delivery.queue import NOW, queue
from tests.faults.processes import eventually
from tests.faults.test_console import is_redis
from tests.faults.test_sender_kill import SenderProcess
from tests.opsconsole.runtime.embedded.machine import open_directory, processes_of
from tests.receivers.fixtures import WEBHOOK_SECRET
from tests.receivers.webhook import WebhookServer
from tests.waiting import until

pytestmark = pytest.mark.faults
WITHIN = 60.0  # seconds; only a test that fails waits so long
# Two messages that are not due yet.
QUEUE = """
from django.db import transaction
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import set_values
from opsconsole.lib import clock
from tests.detections.alerts.delivery.queue import make_alert, queue_one
from tests.detections.alerts.factories import make_rule
target = Target(name="Hook", address="#hook", channel="webhook")
set_values(target, {values!r}, clock.now())
target.save()
with transaction.atomic():
    rule = make_rule("DET-TEST-001")
    made = [queue_one(target, make_alert(rule)).pk for _ in range(2)]
    Delivery.objects.filter(pk__in=made).update(queued_at=clock.now(), next_attempt_at=None)
print(*made)
"""
RELEASE: LiteralString = "UPDATE detections_delivery SET next_attempt_at = now() WHERE id = %s"
STATUS: LiteralString = "SELECT status, tries FROM detections_delivery WHERE id = %s"


@pytest.fixture
def console(prepared_data: Path) -> Iterator[Console]:
    """It may send to this machine."""
    with (
        open_directory() as data,
        running(copy_of(prepared_data, data), OPSCONSOLE_OUTBOUND_ALLOW="127.0.0.0/8") as started,
    ):
        yield started


@contextmanager
def without_redis(console: Console) -> Iterator[None]:
    """The guardian is stopped, so that it does not start another Redis."""
    layout = layout_of(console.data)
    guardian = json.loads(layout.guardian_lock.read_text())["pid"]
    (redis,) = [pid for pid in processes_of(layout) if is_redis(pid)]
    os.kill(guardian, signal.SIGSTOP)
    try:
        os.kill(redis, signal.SIGKILL)
        yield
    finally:
        os.kill(guardian, signal.SIGCONT)


def redis_is_gone(console: Console) -> bool:
    body = console.get("/readyz")[1]
    return bool(body["redis"] == "unreachable" and body["postgresql"] == "ok")


def test_messages_leave_while_redis_is_gone(console: Console, webhook: WebhookServer) -> None:
    values = {"url": webhook.url, "secret": WEBHOOK_SECRET}
    queued = console.manage("shell", "-v", "0", "-c", QUEUE.format(values=values)).split()
    run = runfile.read(console.data)
    assert run
    with without_redis(console), psycopg.connect(run["database_url"], autocommit=True) as link:
        until(lambda: redis_is_gone(console), WITHIN, "Redis is gone")
        for delivery in queued:
            link.execute(RELEASE, [delivery])
            until(lambda: link.execute(STATUS, [delivery]).fetchone() == ("sent", 1), WITHIN, "it is sent")  # noqa: B023
        assert redis_is_gone(console)
    keys = [request.headers["idempotency-key"] for request in webhook.received]
    assert keys == [f"opsconsole-delivery-{delivery}" for delivery in queued]
    assert webhook.refused == []


@pytest.mark.django_db(transaction=True)
def test_a_sender_starts_without_redis(webhook: WebhookServer, tmp_path: Path) -> None:
    target = Target(name="Hook", address="#hook", channel="webhook")
    set_values(target, {"url": webhook.url, "secret": WEBHOOK_SECRET}, NOW)
    target.save()
    queue(2, target.address)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        sender = SenderProcess(tmp_path / "sender.log", REDIS_URL=f"redis://127.0.0.1:{closed.getsockname()[1]}/0")
        try:
            eventually(lambda: Delivery.objects.filter(status="sent").count() == 2, "both are sent")
        finally:
            sender.kill()
    assert len(webhook.received) == 2
