"""Repeats: while unacknowledged, by policy, once after a downtime, and by one of two workers."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from detections.alerts.causes.models import AlertGroup
from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Notification, Sent
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import acknowledge, expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.repeat import repeat
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from tests.detections.alerts.delivery.queue import at
from tests.detections.alerts.factories import MINUTE, START, judge, make_rule, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
NOW = START + MINUTE
HOUR = timedelta(hours=1)


@pytest.fixture
def repeating(notification_policies: None) -> None:
    NotificationPolicy.objects.filter(matchers__severity__isnull=False).exclude(delivery="summary").update(
        repeat_interval=HOUR
    )


def fire(sign: str = "c") -> Alert:
    judge(make_scope(), sign, 0)
    consume(NOW)
    return Alert.objects.get()


def send(now: datetime) -> list[str]:
    got: list[Notification] = []

    def keep(notification: Notification) -> Sent:
        got.append(notification)
        return Sent("ok")

    deliver(at(now), {"console": keep})
    return [render(each.facts).headline for each in got]


def turn(now: datetime) -> list[str]:
    repeat(now)
    return send(now)


@pytest.mark.usefixtures("repeating")
@pytest.mark.parametrize(("sign", "word"), [("c", "🚨 Critical"), ("h", "⚠️ High")])
def test_an_unacknowledged_alert_is_told_again_every_interval(sign: str, word: str) -> None:
    fire(sign)
    assert turn(NOW) == [f"{word}: DET-BETA-003 on /api/beta/preview/*"]
    assert turn(NOW + HOUR - MINUTE) == []
    again = [f"{word}, still open: DET-BETA-003 on /api/beta/preview/*"]
    assert turn(NOW + HOUR) == again
    assert turn(NOW + HOUR) == []
    assert turn(NOW + 2 * HOUR) == again
    assert Delivery.objects.latest("pk").payload["why"] == "Open for 2 h 1 min, and nobody has acknowledged it."


def test_without_a_repeat_interval_nothing_is_repeated() -> None:
    fire()
    turn(NOW)
    assert AlertGroup.objects.get().repeat_at is None
    assert turn(NOW + 100 * HOUR) == []


@pytest.mark.usefixtures("repeating")
def test_after_a_downtime_it_is_told_once() -> None:
    fire()
    turn(NOW)
    assert len(turn(NOW + 10 * HOUR)) == 1
    assert turn(NOW + 10 * HOUR + MINUTE) == []
    assert len(turn(NOW + 11 * HOUR)) == 1


@pytest.mark.usefixtures("repeating")
def test_acknowledged_it_is_not_repeated_and_counts_anew_from_the_end_of_the_acknowledgment() -> None:
    alert = fire("h")
    turn(NOW)
    acknowledge(alert.pk, make_user(), NOW + MINUTE)
    send(NOW + MINUTE)
    assert turn(NOW + HOUR) == []
    end = NOW + 2 * HOUR + MINUTE
    expire(end)
    expire(end + 10 * MINUTE)
    send(end + 10 * MINUTE)
    assert turn(end + 10 * MINUTE + HOUR) == ["⚠️ High, still open: DET-BETA-003 on /api/beta/preview/*"]


@pytest.mark.usefixtures("repeating")
def test_resolved_it_is_over() -> None:
    alert = fire()
    turn(NOW)
    resolve(alert.pk, make_user(), NOW + MINUTE)
    send(NOW + MINUTE)
    assert AlertGroup.objects.get().repeat_at is None
    assert turn(NOW + 5 * HOUR) == []


@pytest.mark.usefixtures("repeating")
@pytest.mark.parametrize("changed", [{"status": "recovering"}, {"flapping_since": NOW}])
def test_what_recovers_or_flaps_waits(changed: dict[str, object]) -> None:
    fire()
    turn(NOW)
    Alert.objects.update(**changed)
    assert turn(NOW + HOUR) == []
    Alert.objects.update(status="firing", flapping_since=None)
    assert len(turn(NOW + HOUR + 5 * MINUTE)) == 1


def test_each_policy_repeats_by_its_own_interval() -> None:
    NotificationPolicy.objects.filter(name="Critical").update(repeat_interval=4 * HOUR)
    first = NotificationPolicy.objects.create(
        order=1, name="Team", repeat_interval=HOUR, continue_matching=True, matchers={"severity": ["critical"]}
    )
    first.targets.add(Target.objects.create(name="Team", address="#team"))
    fire()
    assert len(turn(NOW)) == 2
    told = {hours: len(turn(NOW + hours * HOUR)) for hours in range(1, 6)}
    assert told == {1: 1, 2: 1, 3: 1, 4: 2, 5: 1}


@pytest.mark.usefixtures("repeating")
def test_it_is_routed_anew_by_the_hour() -> None:
    fire("h")  # Friday 10:01 in New York
    turn(NOW)
    repeat(NOW + 8 * HOUR)
    assert list(Delivery.objects.order_by("pk").values_list("target__address", flat=True)) == [
        "#raxx-ops-alert-sev2-5",
        "#raxx-ops-alert-sev2",
    ]


@pytest.mark.usefixtures("repeating")
def test_what_was_not_sent_yet_is_not_repeated() -> None:
    fire()
    repeat(NOW + HOUR)
    assert Delivery.objects.count() == 1


def test_a_group_is_told_again_as_one() -> None:
    policy = NotificationPolicy.objects.create(
        order=1,
        name="Team",
        group_by=["rule"],
        group_wait=timedelta(seconds=30),
        group_interval=5 * MINUTE,
        repeat_interval=HOUR,
    )
    policy.targets.add(Target.objects.create(name="Team", address="#team"))
    rule = make_rule(group_by="route")
    for number, now in enumerate((NOW, NOW, NOW + 20 * MINUTE)):
        judge(make_scope(rule, f"/{number}"), "m", 0)
        consume(now)
    assert turn(NOW + MINUTE) == ["🔸 3 new: rule DET-BETA-003"]
    told = {minute: turn(NOW + minute * MINUTE) for minute in range(2, 125)}
    assert {minute: said for minute, said in told.items() if said} == {
        61: ["🔸 3 still open: rule DET-BETA-003"],
        121: ["🔸 3 still open: rule DET-BETA-003"],
    }


@pytest.mark.usefixtures("repeating")
def test_an_error_in_one_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    fire()
    AlertGroup.objects.update(repeat_at=NOW)
    monkeypatch.setattr("detections.alerts.handling.repeat.lock_free", lambda due, pk: 1 / 0)
    assert repeat(NOW) == 0
    assert AlertGroup.objects.get().repeat_at == NOW


@pytest.mark.usefixtures("repeating")
def test_an_update_of_the_group_does_not_put_off_the_repeat() -> None:
    alert = fire()
    turn(NOW)
    first = Delivery.objects.get()
    first.pk, first.sequence, first.kind, first.queued_at = None, 2, "updated", NOW + HOUR - MINUTE
    first.save()
    assert turn(NOW + HOUR) == [f"🚨 Critical, still open: DET-BETA-003 on {alert.group_key}"]


KNOWN = {"signature": "secret mismatch", "cause": "INTERNAL_API_SECRET mismatch"}


def two_of_one_cause() -> list[Alert]:
    """Open alerts of one cause; the first leads."""
    rule = make_rule()
    for number in range(2):
        judge(make_scope(rule, f"/r/{number}"), "c", 0, data=KNOWN)
    consume(NOW)
    return list(Alert.objects.order_by("pk"))


def repeated(now: datetime) -> list[str]:
    """The alerts of the messages that are repeated by then."""
    turn(now)
    return list(Delivery.objects.filter(kind="repeated").values_list("alert__group_key", flat=True))


@pytest.mark.usefixtures("repeating")
def test_who_leads_on_is_repeated_though_it_recovered_when_it_took_the_lead() -> None:
    first, second = two_of_one_cause()
    turn(NOW)
    Alert.objects.filter(pk=second.pk).update(status="recovering")
    resolve(first.pk, make_user(), NOW + MINUTE)
    turn(NOW + MINUTE)
    Alert.objects.filter(pk=second.pk).update(status="firing")
    assert repeated(NOW + HOUR - MINUTE) == []
    assert repeated(NOW + HOUR) == ["/r/1"]


@pytest.mark.usefixtures("repeating")
def test_a_storm_is_repeated_as_soon_as_any_that_it_absorbed_would_be() -> None:
    rule = make_rule()
    for number in range(5):
        judge(make_scope(rule, f"/r/{number}"), "c", 0, evaluated_at=NOW + number * MINUTE / 2)
        consume(NOW + number * MINUTE / 2)
        turn(NOW + number * MINUTE / 2)
    storm = AlertGroup.objects.get(closed_at=None)
    assert (storm.kind, storm.size, storm.repeat_at) == ("storm", 5, NOW + HOUR)
    assert not AlertGroup.objects.exclude(closed_at=None).exclude(repeat_at=None).exists()
    send(NOW + 10 * MINUTE)
    assert repeated(NOW + HOUR) == ["/r/0"]


@pytest.mark.usefixtures("repeating")
def test_another_rule_that_joins_does_not_put_off_the_repeat() -> None:
    two_of_one_cause()
    turn(NOW)
    judge(make_scope(make_rule("DET-OWN-001"), "/r/9"), "c", 0, data=KNOWN)
    consume(NOW + 20 * MINUTE)
    send(NOW + 20 * MINUTE)
    assert repeated(NOW + HOUR) == ["/r/0"]
