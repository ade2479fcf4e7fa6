"""A worker or sender that is killed at the worst moment loses no message; a second attempt says that it is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from django.conf import settings
from django.db import connection, transaction

from detections.alerts.causes import store as causes
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from detections.alerts.targets.values import set_values
from detections.rules.models import Scope
from opsconsole.lib import clock
from opsconsole.lib.redis import client
from opsconsole.lib.task_names import ALERTS
from opsconsole.lib.task_trigger import send_once
from tests.detections.alerts.delivery.queue import NOW, queue
from tests.detections.alerts.factories import judge, make_scope
from tests.faults.processes import ConsoleProcess, Worker, eventually
from tests.receivers import weather
from tests.receivers.fixtures import WEBHOOK_SECRET
from tests.receivers.weather import Connection
from tests.receivers.webhook import WebhookServer

pytestmark = pytest.mark.django_db(transaction=True)


class SenderProcess(ConsoleProcess):
    """`manage.py deliver`, which may send to this machine, with the key that sealed the test's secrets."""

    def __init__(self, log: Path, **env: str) -> None:
        named = {"OPSCONSOLE_OUTBOUND_ALLOW": "127.0.0.0/8", "SECRET_KEY": settings.SECRET_KEY}
        super().__init__(log, "manage", "deliver", **named, **env)


@pytest.fixture
def target(webhook: WebhookServer) -> Target:
    made = Target(name="Hook", address="#hook", channel="webhook")
    set_values(made, {"url": webhook.url, "secret": WEBHOOK_SECRET}, NOW)
    made.save()
    return made


@pytest.fixture
def senders(tmp_path: Path) -> Iterator[list[SenderProcess]]:
    running: list[SenderProcess] = []
    yield running
    for process in running:
        process.kill()


def keys(webhook: WebhookServer) -> list[str]:
    return [request.headers["idempotency-key"] for request in webhook.received]


def start(senders: list[SenderProcess], tmp_path: Path) -> SenderProcess:
    senders.append(SenderProcess(tmp_path / f"sender{len(senders)}.log"))
    return senders[-1]


def kill_and_start_another(process: SenderProcess, senders: list[SenderProcess], tmp_path: Path) -> None:
    """The lease ends at once, not in half a minute."""
    process.kill()
    start_another(senders, tmp_path)


def start_another(senders: list[SenderProcess], tmp_path: Path) -> None:
    senders.clear()
    Delivery.objects.filter(status="sending").update(lease_until=clock.now())
    start(senders, tmp_path)


def test_killed_before_the_answer_and_before_the_mark_each_message_comes_again(
    target: Target, webhook: WebhookServer, senders: list[SenderProcess], tmp_path: Path
) -> None:
    (delivery,) = queue(1, target.address)
    Delivery.objects.update(queued_at=clock.now())  # senders have the real clock: one of long ago is not sent again
    webhook.climate = weather.hang()
    process = start(senders, tmp_path)
    eventually(lambda: bool(webhook.received), "the request is there, and is not answered")
    webhook.climate = None
    answered = Event()

    def when_told(connection: Connection) -> None:
        assert answered.wait(60)
        connection.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    webhook.forecast(when_told)
    kill_and_start_another(process, senders, tmp_path)
    eventually(lambda: len(webhook.received) == 2, "it comes again")
    with transaction.atomic():
        Delivery.objects.select_for_update().get(pk=delivery.pk)  # so that the outcome cannot be recorded
        answered.set()
        (process,) = senders
        process.kill()
    start_another(senders, tmp_path)
    eventually(lambda: Delivery.objects.get().status == "sent", "it is sent and marked")
    assert set(keys(webhook)) == {f"opsconsole-delivery-{delivery.pk}"}
    assert len(webhook.received) == 3
    said = DeliveryAttempt.objects.order_by("number").values_list("ok", "response")
    assert [ok for ok, _ in said] == [False, False, True]
    assert all("may have been sent" in response for ok, response in said if not ok)


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    client().flushdb()
    process = Worker(tmp_path / "worker.log")
    yield process
    process.kill()


def task_sent() -> bool:
    """Sends the task of the alerts, which a killed worker took with it."""
    send_once(ALERTS)
    return True


def somebody_waits() -> bool:
    """Whether another connection waits for an advisory lock."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def critical(group: str) -> Scope:
    """A scope of which a worker makes an alert."""
    scope = make_scope(group_key=group)
    judge(scope, "c", 0)
    return scope


@pytest.mark.faults
@pytest.mark.usefixtures("notification_policies")
def test_killed_before_the_commit_and_between_it_and_the_send_the_message_goes_out_once(
    target: Target, webhook: WebhookServer, worker: Worker, senders: list[SenderProcess], tmp_path: Path
) -> None:
    NotificationPolicy.objects.get(name="Critical").targets.set([target])
    scope = critical("/first")
    with transaction.atomic():
        causes.lock(scope.project_environment_id)
        eventually(lambda: task_sent() and somebody_waits(), "the worker is about to open the alert")
        worker.kill()
    assert not Alert.objects.exists()
    assert not Delivery.objects.exists()
    worker.restart()
    eventually(lambda: task_sent() and Alert.objects.exists(), "another one opens it")
    worker.kill()
    assert list(Delivery.objects.values_list("status", "tries")) == [("queued", 0)]
    start(senders, tmp_path)
    worker.restart()
    critical("/second")
    eventually(lambda: task_sent() and len(webhook.received) == 2, "both are told")
    eventually(lambda: Delivery.objects.filter(status="sent").count() == 2, "and marked")
    assert len(set(keys(webhook))) == 2
    assert set(Delivery.objects.values_list("tries", flat=True)) == {1}
    assert webhook.refused == []


def test_two_senders_at_once_send_each_message_once(
    target: Target, webhook: WebhookServer, senders: list[SenderProcess], tmp_path: Path
) -> None:
    queue(60, target.address)
    for _ in range(2):
        start(senders, tmp_path)
    eventually(lambda: Delivery.objects.filter(status="sent").count() == 60, "all are sent")
    assert set(Counter(keys(webhook)).values()) == {1}
    assert webhook.refused == []
