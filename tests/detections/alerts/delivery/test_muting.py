"""Mute timings: what waits, until when, and what does not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Notification, Retry, Sent
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.hand_over import add_responder, hand_over, stop_responder
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, TimeWindow
from detections.rules.models import Scope
from opsconsole.accounts.models import Owner
from tests.detections.alerts.delivery.queue import at
from tests.detections.alerts.factories import MINUTE, START, judge, make_scope, make_user

pytestmark = pytest.mark.usefixtures("muted")
NOW = START + MINUTE  # Friday 10:01 in New York
END = START + 30 * MINUTE


@pytest.fixture
def muted(notification_policies: None) -> None:
    window = TimeWindow.objects.create(
        name="Maintenance", zone="America/New_York", weekdays=[4], start="10:00", end="10:30"
    )
    for policy in NotificationPolicy.objects.exclude(delivery="summary"):
        policy.mute_windows.add(window)


def fire(sign: str) -> Scope:
    scope = make_scope()
    judge(scope, sign, 0)
    consume(NOW)
    return scope


def send(now: datetime) -> list[str]:
    got: list[Notification] = []

    def keep(notification: Notification) -> Sent:
        got.append(notification)
        return Sent("ok")

    deliver(at(now), {"console": keep})
    return [render(each.facts).headline for each in got]


def test_it_waits_until_the_window_ends_and_says_so() -> None:
    fire("h")
    assert send(NOW) == []
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.next_attempt_at) == ("suppressed", NOW + 5 * MINUTE)
    assert delivery.outcome == "Held back by the mute timing Maintenance until Fri 2026-06-12 10:30 EDT"
    assert send(END - MINUTE) == []
    assert send(END) == ["⚠️ High: DET-BETA-003 on /api/beta/preview/*"]
    assert Delivery.objects.get().status == "sent"


def test_the_reason_is_kept_once_and_the_routing_with_it() -> None:
    fire("h")
    for minute in range(0, 20, 5):
        send(NOW + minute * MINUTE)
    steps = Delivery.objects.get().routing
    assert [step["policy"] for step in steps].count("mute timing") == 1
    assert len(steps) > 1


def test_the_end_overtakes_what_waits_and_nobody_is_told_of_either() -> None:
    scope = fire("h")
    send(NOW)
    for minute in range(1, 8):
        judge(scope, ".", minute)
    consume(NOW + 10 * MINUTE)
    assert send(NOW + 10 * MINUTE) == send(END) == []
    assert [delivery.status for delivery in Delivery.objects.all()] == ["overtaken"]


def test_who_was_told_before_the_window_learns_of_the_end_within_it() -> None:
    before = START - 20 * MINUTE
    scope = make_scope()
    judge(scope, "h", -21)
    consume(before)
    assert len(send(before)) == 1
    for minute in range(1, 8):
        judge(scope, ".", minute)
    consume(NOW + 10 * MINUTE)
    assert send(NOW + 10 * MINUTE) == ["✅ Resolved: DET-BETA-003 on /api/beta/preview/*"]


def test_critical_messages_go_unless_the_policy_holds_them_too() -> None:
    fire("c")
    NotificationPolicy.objects.update(mute_critical=True)
    assert send(NOW) == []
    NotificationPolicy.objects.update(mute_critical=False)
    assert len(send(NOW + 5 * MINUTE)) == 1, "an edit takes effect within five minutes"


def test_a_window_that_is_taken_away_holds_no_longer() -> None:
    fire("h")
    send(NOW)
    for policy in NotificationPolicy.objects.all():
        policy.mute_windows.clear()
    assert len(send(NOW + 5 * MINUTE)) == 1


def test_what_was_tried_once_is_tried_on() -> None:
    before = START - MINUTE
    scope = make_scope()
    judge(scope, "h", -2)
    consume(before)
    deliver(at(before), {"console": lambda notification: Retry("busy", timedelta(minutes=2))})
    assert len(send(NOW)) == 1


def test_a_window_without_an_end_says_so() -> None:
    TimeWindow.objects.update(weekdays=list(range(7)), start="00:00", end="24:00")
    fire("h")
    assert send(NOW) == []
    assert Delivery.objects.get().outcome == "Held back by the mute timing Maintenance without an end"


def test_what_waits_blocks_nothing_that_a_person_sends_to_the_same_target() -> None:
    fire("h")
    send(NOW)
    alert, ada = Alert.objects.get(), make_user()
    somebody = Owner.objects.create(name="somebody")
    OwnerTarget.objects.create(owner=somebody, target=Delivery.objects.get().target)
    hand_over(alert.pk, ada, NOW, to=somebody)
    add_responder(alert.pk, ada, NOW, to=somebody)
    assert len(send(NOW)) == 2
    assert len(send(END)) == 1
    kinds = Delivery.objects.order_by("sequence").values_list("kind", "status")
    assert list(kinds) == [("firing", "sent"), ("handed_over", "sent"), ("responder", "sent")]


def test_a_responder_who_is_called_off_is_not_called_when_what_held_it_ends() -> None:
    fire("h")
    alert, ada, somebody = Alert.objects.get(), make_user(), Owner.objects.create(name="somebody")
    OwnerTarget.objects.create(owner=somebody, target=Delivery.objects.get().target)
    add_responder(alert.pk, ada, NOW, to=somebody)
    called = Delivery.objects.filter(kind="responder")
    called.update(status="suppressed")
    stop_responder(alert.pk, ada, NOW, to=somebody)
    assert called.get().status == "overtaken"
    assert not Delivery.objects.filter(kind="called_off").exists()
