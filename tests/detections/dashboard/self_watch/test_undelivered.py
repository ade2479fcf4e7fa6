"""Messages that are not sent, and targets that take none, are told of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Sent
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target, TargetResult
from detections.dashboard.self_watch.run import NO_SENDER, watch_once
from detections.dashboard.self_watch.undelivered import dead_targets, unsent_critical
from detections.incidents.models import Incident
from tests.detections.alerts.delivery.queue import queue
from tests.detections.dashboard.self_watch.watching import at, own, told, watch
from tests.detections.incidents.factories import make_incident
from tests.detections.incidents.updates.makers import make_owner, make_target
from tests.detections.rules.world import HOUR, MINUTE, NOON
from tests.receivers.http_receiver import HttpReceiver

pytestmark = pytest.mark.usefixtures("notification_policies", "loaded")


def test_unsent_critical_messages_are_told_by_whoever_checks_and_nothing_else_is_sent() -> None:
    """No sender runs: the process that finds it sends the message about it."""
    target = connect("Hook")
    (waiting,) = queue(1, "#lost", name="Lost", channel="webhook")
    NotificationPolicy.objects.get(name="Critical").targets.add(waiting.target)
    Delivery.objects.update(queued_at=NOON - HOUR, next_attempt_at=NOON - HOUR)
    sent: list[str] = []

    def send(notification: Notification) -> DeliveryOutcome:
        sent.append(f"{notification.address}: {notification.facts['sentence']}")
        return Sent("ok")

    sends = {"webhook": send, "console": send}
    for minute in range(2):
        assert watch_once(at(NOON + minute * MINUTE), NO_SENDER if minute == 0 else timedelta(0), sends)
    alert = own("delivery")
    assert alert.status == "firing"
    assert f"{target.address}: A message has waited 3600 s to be sent." in sent
    assert len(sent) == alert.deliveries.count()
    waiting.refresh_from_db()
    assert waiting.status == "queued"


def connect(name: str, **result: object) -> Target:
    """A connected target that critical alerts go to, with its last result."""
    target = Target.objects.create(name=name, address=f"#{name}", channel="webhook")
    NotificationPolicy.objects.get(name="Critical").targets.add(target)
    if result:
        TargetResult.objects.create(target=target, **result)
    return target


def dead_target(name: str = "Gone") -> Target:
    target = connect(name, last_success_at=NOON - 2 * HOUR, last_error_at=NOON - HOUR, last_error="404 no_service")
    (letter,) = queue(1, target.address)
    letter.attempts.create(number=1, at=NOON - HOUR, ok=False, response="404 no_service")
    Delivery.objects.filter(pk=letter.pk).update(status="dead", next_attempt_at=None)
    return target


def test_a_dead_target_is_told_and_stops_no_ping(dead_man_url: HttpReceiver) -> None:
    connect("Works", last_success_at=NOON)
    target = dead_target()
    watch(0, 0)
    alert = own("target: Gone")
    assert (alert.status, alert.severity) == ("firing", 2)
    assert told(alert) == "The target Gone takes no messages: 404 no_service."
    assert len(dead_man_url.received) == 1
    TargetResult.objects.filter(target=target).update(last_success_at=NOON)
    watch(1, 7)
    assert own("target: Gone").status == "resolved"


def incident_told(*targets: Target) -> list[Delivery]:
    make_incident(severity=1, now=NOON - HOUR, targets=[target.pk for target in targets])
    return list(Delivery.objects.filter(incident__isnull=False).order_by("pk"))


def test_critical_messages_of_incidents_are_told_too_once_it_is_their_turn() -> None:
    connect("Works", last_success_at=NOON)
    (waiting,) = incident_told(make_target("Team"))
    assert unsent_critical(NOON) == "a message has waited 3600 s to be sent"
    Delivery.objects.filter(pk=waiting.pk).update(next_attempt_at=NOON + HOUR, tries=3)
    waiting.pk, waiting.sequence = None, 2
    waiting.save()
    assert unsent_critical(NOON) == "", "it waits for the first"


def test_a_dead_target_of_an_open_incident_or_an_owner_is_told() -> None:
    team, person, former = (make_target(name) for name in ("Team", "Ada", "Former"))
    make_owner("ada", person)
    for target in (team, person, former):
        TargetResult.objects.create(target=target, last_error_at=NOON - HOUR, last_error="404")
    for message in incident_told(team, person, former):
        message.attempts.create(number=1, at=NOON - HOUR, ok=False, response="404")
    Delivery.objects.update(status="dead", next_attempt_at=None)
    Incident.objects.get().targets.remove(former)
    assert [target.name for target in dead_targets()] == ["Ada", "Team"]
    Incident.objects.update(status="closed", resolved_at=NOON, closed_at=NOON)
    assert [target.name for target in dead_targets()] == ["Ada"]


def test_when_no_target_takes_messages_the_pings_stop(dead_man_url: HttpReceiver) -> None:
    dead_target("One")
    dead_target("Other")
    watch(0, 1)
    assert own("delivery").status == "firing"
    assert dead_man_url.received == []


def test_a_target_with_one_message_that_it_refused_is_not_dead() -> None:
    target = dead_target()
    TargetResult.objects.filter(target=target).update(last_success_at=NOON - MINUTE)
    watch(0, 1)
    assert not Alert.objects.filter(group_key__startswith="target").exists()
