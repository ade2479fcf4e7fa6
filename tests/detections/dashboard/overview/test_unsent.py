"""Messages that wait: how long those do that could be sent now, and that ingest goes on meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from detections.alerts.delivery.outbox import LEASE, claim
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.routing_models import NotificationPolicy, Target, TargetResult
from detections.dashboard.console_health import measure
from detections.incidents.updates.write_update import write_update
from detections.ingest.inbox import blocked
from opsconsole.lib import clock
from opsconsole.runtime.doctor import outbox, targets
from opsconsole.runtime.doctor.report import CheckResult, CheckStatus
from tests.detections.alerts.delivery.queue import NOW, queue, queue_one
from tests.detections.incidents.factories import make_incident, make_user
from tests.detections.incidents.updates.makers import make_target

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def age(now: datetime) -> float:
    return measure(now).oldest_unsent_age


def test_a_message_behind_an_earlier_one_that_is_retried_later_does_not_wait() -> None:
    (first,) = queue(1, "#ops")
    queue_one(first.target, first.alert, 2)
    Delivery.objects.filter(pk=first.pk).update(next_attempt_at=NOW + 2 * HOUR)
    assert age(NOW + HOUR) == 0
    Delivery.objects.filter(pk=first.pk).update(status="sent")
    assert age(NOW + HOUR) == HOUR.total_seconds()


def test_nor_does_one_of_an_incident() -> None:
    ada = make_user("ada")
    incident = make_incident(now=NOW, by=ada, targets=[make_target("ops").pk])
    write_update(incident.pk, "A rollback runs.", NOW, by=ada)
    first, _ = Delivery.objects.order_by("sequence")
    Delivery.objects.filter(pk=first.pk).update(next_attempt_at=NOW + 2 * HOUR)
    assert age(NOW + HOUR) == 0
    Delivery.objects.filter(pk=first.pk).update(status="sent")
    assert age(NOW + HOUR) == HOUR.total_seconds()


def test_a_message_that_is_being_sent_does_not_wait_until_its_lease_has_run_out() -> None:
    queue(1, "#ops")
    claim(NOW + HOUR)
    assert age(NOW + HOUR + LEASE / 2) == 0
    assert age(NOW + HOUR + LEASE) > HOUR.total_seconds()


def test_messages_that_wait_are_in_banner_and_metrics_and_leave_the_console_ready() -> None:
    queue(50, "#down")
    Delivery.objects.update(next_attempt_at=clock.now() - HOUR)
    blocked.forget()
    assert Client().get("/readyz").status_code == 200
    health = measure(clock.now())
    assert "a message has waited 3600 s to be sent" in health.reasons()
    assert b"opsconsole_oldest_unsent_age_seconds 36" in Client().get("/metrics").content


def doctor(now: datetime, monkeypatch: pytest.MonkeyPatch) -> CheckResult:
    """Its connection stays: it is the test's."""
    servers: Any = SimpleNamespace(connected=True)
    with monkeypatch.context() as patched:
        patched.setattr(connection, "close", lambda: None)
        return outbox.outbox(servers, now)


def doctor_of_targets(monkeypatch: pytest.MonkeyPatch) -> CheckResult:
    servers: Any = SimpleNamespace(connected=True)
    with monkeypatch.context() as patched:
        patched.setattr(connection, "close", lambda: None)
        return targets.targets(servers)


def test_the_doctor_says_that_nobody_is_told_or_which_target_fails_since_when(
    notification_policies: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = doctor_of_targets(monkeypatch)
    assert (nobody.status, nobody.remedy) == (CheckStatus.WARN, targets.CONNECT)
    assert "nobody is told" in nobody.detail
    first, second = (Target.objects.create(name=name, channel="slack") for name in ("Slack ops", "Pager"))
    for target in (first, second):
        target.policies.add(NotificationPolicy.objects.get(name="Critical"))
    untried = doctor_of_targets(monkeypatch)
    assert (untried.status, untried.detail) == (CheckStatus.OK, "connected, and never tried: Pager, Slack ops")
    result = TargetResult.objects.create(target=first, last_success_at=NOW, last_error_at=NOW + 3 * HOUR)
    TargetResult.objects.filter(pk=result.pk).update(last_error="404: no_service")
    TargetResult.objects.create(target=second, last_success_at=NOW)
    (message,) = queue(1, "#ops")
    Delivery.objects.filter(pk=message.pk).update(target=first)
    for number, hours in enumerate((-1, 1, 2, 3)):
        DeliveryAttempt.objects.create(delivery=message, number=number, at=NOW + hours * HOUR, ok=False)
    fails = doctor_of_targets(monkeypatch)
    assert (fails.status, fails.remedy) == (CheckStatus.WARN, targets.MEND)
    assert fails.detail == f"Slack ops takes no messages since {NOW + HOUR:%Y-%m-%d %H:%M} UTC: 404: no_service"
    TargetResult.objects.filter(target=second).update(last_error_at=NOW + HOUR, last_error="timed out")
    assert doctor_of_targets(monkeypatch).detail.startswith("nobody is told of alerts: Pager takes no messages since ")
    TargetResult.objects.update(last_success_at=NOW + 4 * HOUR)
    assert doctor_of_targets(monkeypatch).detail == "take messages: Pager, Slack ops"


def test_the_doctor_says_whether_nothing_takes_messages_or_a_receiver_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor(NOW, monkeypatch).status is CheckStatus.OK
    message, _ = queue(2, "#ops")
    nobody = doctor(NOW + HOUR, monkeypatch)
    assert (nobody.status, nobody.detail) == (
        CheckStatus.FAIL,
        "a message has waited 3600 s to be sent: no sender takes messages",
    )
    DeliveryAttempt.objects.create(delivery=message, number=1, at=NOW + HOUR, ok=False, response="503")
    fails = doctor(NOW + HOUR, monkeypatch)
    assert (fails.status, fails.detail) == (CheckStatus.WARN, "a message has waited 3600 s to be sent")
