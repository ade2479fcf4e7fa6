"""Group wait and group interval: alerts below high become one message, and two senders send nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Retry, Sent
from detections.alerts.channels.slack_message import slack_message
from detections.alerts.delivery import outbox
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import MessageGroup, NotificationPolicy, Target, TimeWindow
from detections.rules.models import Rule, Scope
from tests.at_once import race
from tests.detections.alerts.delivery.queue import at
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
SECOND = timedelta(seconds=1)
NOW = START + MINUTE


@dataclass
class Receiver:
    """A channel that keeps what it was given; `answers` are used first."""

    got: list[Notification] = field(default_factory=list)
    answers: list[DeliveryOutcome] = field(default_factory=list)

    def send(self, notification: Notification) -> DeliveryOutcome:
        self.got.append(notification)
        return self.answers.pop(0) if self.answers else Sent("ok")

    def run(self, now: datetime) -> list[str]:
        """The headlines that go out at that time."""
        before = len(self.got)
        deliver(at(now), {"console": self.send})
        return [render(each.facts).headline for each in self.got[before:]]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def rule() -> Rule:
    return make_rule(group_by="route")


@pytest.fixture
def policy(notification_policies: None) -> NotificationPolicy:
    return grouped()


def grouped(**values: Any) -> NotificationPolicy:
    """Before the shipped ones: all severities, 30 s and 5 min, by rule."""
    timing = {"group_by": ["rule"], "group_wait": 30 * SECOND, "group_interval": 5 * MINUTE}
    policy = NotificationPolicy.objects.create(**{"order": 1, "name": "Team", **timing, **values})
    target, _ = Target.objects.get_or_create(name="Team", address="#team")
    policy.targets.add(target)
    return policy


def fire(rule: Rule, *groups: str, sign: str = "m", now: datetime = NOW) -> list[Scope]:
    scopes = [make_scope(rule, group) for group in groups]
    for scope in scopes:
        judge(scope, sign, 0)
    consume(now)
    return scopes


def resolve(*scopes: Scope, now: datetime) -> None:
    for scope in scopes:
        for minute in range(1, 8):
            judge(scope, ".", minute)
    consume(now)


def statuses() -> dict[str, int]:
    rows = list(Delivery.objects.values_list("status", flat=True))
    return {status: rows.count(status) for status in rows}


@pytest.mark.usefixtures("policy")
def test_medium_alerts_wait_and_go_as_one_message_that_lists_them(rule: Rule, receiver: Receiver) -> None:
    fire(rule, "/a", "/b", "/c")
    assert receiver.run(NOW + 29 * SECOND) == []
    assert receiver.run(NOW + 30 * SECOND) == ["🔸 3 new: rule DET-BETA-003"]
    text = render(receiver.got[0].facts).text
    assert text.count("New, medium: DET-BETA-003 on /") == 3
    assert "New, medium: DET-BETA-003 on /b: 5 errors in 5 minutes where 0.4 are usual" in text
    assert statuses() == {"sent": 1, "joined": 2}
    assert receiver.run(NOW + 60 * MINUTE) == []


@pytest.mark.usefixtures("policy")
def test_one_alert_alone_is_told_as_ever_after_the_wait(rule: Rule, receiver: Receiver) -> None:
    fire(rule, "/a")
    assert receiver.run(NOW) == []
    assert receiver.run(NOW + 30 * SECOND) == ["🔸 Medium: DET-BETA-003 on /a"]


@pytest.mark.usefixtures("policy")
@pytest.mark.parametrize("sign", ["h", "c"])
def test_critical_and_high_alerts_never_wait(rule: Rule, receiver: Receiver, sign: str) -> None:
    fire(rule, "/a", "/b", sign=sign)
    assert len(receiver.run(NOW)) == 2
    assert statuses() == {"sent": 2}
    assert not MessageGroup.objects.exists()


@pytest.mark.usefixtures("policy")
def test_later_ones_follow_after_the_interval_with_those_still_open(rule: Rule, receiver: Receiver) -> None:
    fire(rule, "/a", "/b")
    sent = NOW + 30 * SECOND
    receiver.run(sent)
    fire(rule, "/c", now=NOW + MINUTE)
    fire(rule, "/d", now=NOW + 2 * MINUTE)
    for minute in range(1, 5):
        assert receiver.run(sent + minute * MINUTE) == []
    assert receiver.run(sent + 5 * MINUTE) == ["🔸 2 new, 2 still open: rule DET-BETA-003"]
    assert receiver.got[0].key == receiver.got[1].key


@pytest.mark.usefixtures("policy")
def test_each_rule_is_a_group_of_its_own(rule: Rule, receiver: Receiver) -> None:
    other = make_rule("DET-OPS-002", group_by="route")
    fire(rule, "/a", "/b")
    fire(other, "/a", "/b")
    assert sorted(receiver.run(NOW + 30 * SECOND)) == ["🔸 2 new: rule DET-BETA-003", "🔸 2 new: rule DET-OPS-002"]
    assert receiver.got[0].key != receiver.got[1].key


@pytest.mark.usefixtures("policy")
def test_a_rise_to_high_goes_at_once_and_alone(rule: Rule, receiver: Receiver) -> None:
    scopes = fire(rule, "/a", "/b")
    judge(scopes[0], "h", 1)
    consume(NOW + SECOND)
    assert receiver.run(NOW + SECOND) == ["⚠️ Now high: DET-BETA-003 on /a"]
    assert receiver.run(NOW + 30 * SECOND) == ["🔸 Medium: DET-BETA-003 on /b"]
    assert receiver.got[0].key != receiver.got[1].key
    resolve(scopes[0], now=NOW + 20 * MINUTE)
    assert receiver.run(NOW + 20 * MINUTE) == ["✅ Resolved: DET-BETA-003 on /a"]


@pytest.mark.usefixtures("policy")
def test_what_resolves_while_it_waits_is_not_told(rule: Rule, receiver: Receiver) -> None:
    scopes = fire(rule, "/a")
    resolve(*scopes, now=NOW + SECOND)
    assert receiver.run(NOW + 30 * MINUTE) == []
    assert statuses() == {"overtaken": 1}


@pytest.mark.usefixtures("policy")
def test_the_group_is_told_of_each_end_and_resolves_with_the_last(rule: Rule, receiver: Receiver) -> None:
    first, second = fire(rule, "/a", "/b")
    receiver.run(NOW + 30 * SECOND)
    resolve(first, now=NOW + 10 * MINUTE)
    assert receiver.run(NOW + 10 * MINUTE) == ["🔸 1 still open, 1 resolved: rule DET-BETA-003"]
    assert receiver.got[-1].facts["kind"] == "firing"
    resolve(second, now=NOW + 11 * MINUTE)
    assert receiver.run(NOW + 11 * MINUTE) == [], "the interval has not passed"
    assert receiver.run(NOW + 15 * MINUTE) == ["✅ Resolved: DET-BETA-003 on /b"]
    assert receiver.got[-1].facts["kind"] == "resolved"
    assert len({each.key for each in receiver.got}) == 1
    fire(rule, "/c", now=NOW + 30 * MINUTE)
    receiver.run(NOW + 31 * MINUTE)
    assert receiver.got[-1].key != receiver.got[0].key, "what comes then is another incident of the receiver"


@pytest.mark.usefixtures("policy")
def test_an_acknowledgment_sends_no_message_of_its_own(rule: Rule, receiver: Receiver) -> None:
    fire(rule, "/a", "/b")
    receiver.run(NOW + 30 * SECOND)
    alert = Alert.objects.order_by("pk").first()
    assert alert
    acknowledge(alert.pk, make_user(), NOW + MINUTE)
    assert receiver.run(NOW + 30 * MINUTE) == []


@pytest.mark.usefixtures("policy")
def test_a_message_that_is_tried_again_stays_one_and_the_next_waits_for_it(rule: Rule, receiver: Receiver) -> None:
    receiver.answers = [Retry("busy", timedelta(minutes=20)), Sent("ok")]
    scopes = fire(rule, "/a", "/b")
    assert len(receiver.run(NOW + 30 * SECOND)) == 1
    fire(rule, "/c", now=NOW + MINUTE)
    resolve(scopes[0], now=NOW + 10 * MINUTE)
    assert receiver.run(NOW + 10 * MINUTE) == []
    assert receiver.run(NOW + 21 * MINUTE) == [
        "🔸 2 new: rule DET-BETA-003",
        "🔸 1 new, 1 still open, 1 resolved: rule DET-BETA-003",
    ]


@pytest.mark.usefixtures("policy")
def test_a_sender_that_was_killed_left_one_message_that_is_sent_again(rule: Rule, receiver: Receiver) -> None:
    fire(rule, "/a", "/b")
    (leased,) = outbox.claim(NOW + 30 * SECOND)
    assert statuses() == {"sending": 1, "joined": 1}
    assert outbox.claim(NOW + 30 * SECOND) == []
    assert receiver.run(NOW + 61 * SECOND) == ["🔸 2 new: rule DET-BETA-003"]
    assert (receiver.got[0].delivery, receiver.got[0].key) == (leased.pk, leased.payload["key"])


@pytest.mark.usefixtures("policy")
def test_what_a_narrower_rule_holds_back_is_left_out(rule: Rule, receiver: Receiver) -> None:
    fire(rule, "/a", "/b")
    narrow = make_rule("DET-BETA-001", group_by="route", parent="DET-BETA-003")
    fire(narrow, "/a", sign="h")
    receiver.run(NOW)
    assert receiver.run(NOW + 30 * SECOND) == ["🔸 Medium: DET-BETA-003 on /b"]


def fire_apart(rule: Rule, number: int) -> datetime:
    """Alerts on so many routes, never enough within five minutes to be a storm; returns when the last began."""
    for first in range(0, number, 4):
        minute = first // 4 * 6
        for route in range(first, min(first + 4, number)):
            judge(make_scope(rule, f"/r/{route}"), "m", minute)
        consume(NOW + minute * MINUTE)
    return NOW + minute * MINUTE


@pytest.mark.usefixtures("policy")
def test_more_than_20_alerts_are_counted(rule: Rule, receiver: Receiver) -> None:
    receiver.run(fire_apart(rule, 25) + 30 * SECOND)
    message = render(receiver.got[0].facts)
    assert len(message.blocks[0]) <= 21
    assert message.blocks[0][-1].value == "and 5 more"
    assert len(slack_message(receiver.got[0].facts)["blocks"]) <= 50


def test_a_deleted_policy_lets_its_messages_go(rule: Rule, receiver: Receiver, policy: NotificationPolicy) -> None:
    fire(rule, "/a", "/b")
    policy.delete()
    assert len(receiver.run(NOW + 30 * SECOND)) == 2


def test_a_muted_group_waits_until_the_window_ends(rule: Rule, receiver: Receiver, policy: NotificationPolicy) -> None:
    window = TimeWindow.objects.create(name="Lunch", zone="UTC", weekdays=[4], start="14:00", end="14:30")
    policy.mute_windows.add(window)
    fire(rule, "/a", "/b")
    assert receiver.run(NOW + 30 * SECOND) == []
    assert receiver.run(START + 30 * MINUTE) == ["🔸 2 new: rule DET-BETA-003"]


def test_of_two_policies_to_one_target_the_one_that_does_not_wait_wins(rule: Rule, receiver: Receiver) -> None:
    grouped(continue_matching=True)
    at_once = grouped(order=2, name="At once", group_by=[], group_wait=None, group_interval=None)
    fire(rule, "/a")
    assert Delivery.objects.get().policy == at_once
    assert len(receiver.run(NOW)) == 1


def test_messages_without_groups_cost_no_further_queries(
    rule: Rule, django_assert_num_queries: Callable[[int], Any]
) -> None:
    fire(rule, "/a", sign="h")
    with django_assert_num_queries(7):  # a transaction, due, silences, narrower rules, mute timings, the lease
        outbox.claim(NOW)


@pytest.mark.django_db(transaction=True)
def test_of_senders_at_once_one_sends_the_group(rule: Rule, policy: NotificationPolicy) -> None:
    end = fire_apart(rule, 12)
    claimed = race(lambda _: outbox.claim(end + 30 * SECOND, limit=3))
    assert [type(each) for each in claimed] == [list] * 4, claimed
    sent = [delivery for each in claimed for delivery in each]  # type: ignore[attr-defined]
    told = Delivery.objects.filter(status="joined").count() + len(sent)
    assert MessageGroup.objects.count() == 1
    assert len(sent) == 1
    assert told + Delivery.objects.filter(status="queued").count() == 12
