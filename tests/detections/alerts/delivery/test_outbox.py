"""Messages go out at least once, in order, and what cannot go out is seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from detections.alerts.delivery.backoff import pause, retry_for
from detections.alerts.delivery.outbox import LEASE, claim, record_outcome
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.routing_models import Target
from detections.dashboard.console_health import measure
from tests.detections.alerts.factories import MINUTE, START, judge, judge_all, make_scope, make_user

pytestmark = pytest.mark.usefixtures("notification_policies")
SECOND = timedelta(seconds=1)
NOW = START + timedelta(minutes=1)


def queued(sign: str = "c") -> Delivery:
    judge(make_scope(), sign, 0)
    consume(NOW)
    return Delivery.objects.get()


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


class Line:
    """A channel that answers as told and remembers what it was given."""

    def __init__(self, *answers: DeliveryOutcome) -> None:
        self.answers = list(answers)
        self.sent: list[Notification] = []

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        self.sent.append(notification)
        return self.answers.pop(0) if self.answers else Sent("ok")


def through(line: Line, moment: datetime = NOW) -> int:
    return deliver(at(moment), {"console": line})


def test_the_console_channel_shows_what_would_have_gone_where() -> None:
    delivery = queued()
    assert deliver(at(NOW)) == 1
    delivery.refresh_from_db()
    assert (delivery.status, delivery.sent_at, delivery.tries) == ("sent", NOW, 1)
    attempt = delivery.attempts.get()
    assert attempt.ok
    assert "Would be sent to #raxx-ops-alert-sev1 (no Slack target is bound to this label)" in attempt.response
    assert "🚨 Critical: DET-BETA-003 on /api/beta/preview/*" in attempt.response
    assert deliver(at(NOW)) == 0


def test_route_window_and_local_time_are_frozen_when_it_is_queued() -> None:
    delivery = queued("h")
    assert (delivery.policy_name, delivery.window_name, delivery.local_time) == (
        "High, business hours",
        "Business hours (ET)",
        "Fri 2026-06-12 10:01 EDT",
    )
    assert [step["policy"] for step in delivery.routing] == ["Critical", "High, business hours"]


def test_a_failure_is_tried_again_later_and_each_try_is_a_row() -> None:
    delivery, line = queued(), Line(Retry("503"), Retry("timeout"))
    assert through(line) == 1
    delivery.refresh_from_db()
    assert delivery.status == "queued"
    assert delivery.next_attempt_at == NOW + pause(delivery.pk, 1)
    assert through(line) == 0
    through(line, NOW + 10 * SECOND)
    through(line, NOW + MINUTE)
    delivery.refresh_from_db()
    assert delivery.status == "sent"
    assert list(delivery.attempts.order_by("number").values_list("number", "ok", "response")) == [
        (1, False, "503"),
        (2, False, "timeout"),
        (3, True, "ok"),
    ]


def test_retry_after_is_honoured() -> None:
    delivery, line = queued(), Line(Retry("429", after=timedelta(minutes=7)))
    through(line)
    delivery.refresh_from_db()
    assert delivery.next_attempt_at == NOW + timedelta(minutes=7)


def test_a_refusal_is_final() -> None:
    delivery, line = queued(), Line(Rejected("404 no such channel"))
    through(line)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.next_attempt_at) == ("dead", None)
    assert through(line, NOW + timedelta(days=1)) == 0


def test_a_channel_that_raises_is_tried_again_later_and_holds_up_no_other() -> None:
    delivery, other = queued(), queued_again()

    def broken(notification: Notification) -> DeliveryOutcome:
        if notification.delivery == delivery.pk:
            raise ValueError("password=hunter2 \0 \ud800")
        return Sent("ok")

    deliver(at(NOW), {"console": broken})
    delivery.refresh_from_db()
    other.refresh_from_db()
    assert (delivery.status, delivery.next_attempt_at) == ("queued", NOW + pause(delivery.pk, 1))
    assert other.status == "sent"
    attempt = delivery.attempts.get()
    assert attempt.response.startswith("ValueError: ")
    assert "hunter2" not in attempt.response
    deliver(at(NOW + retry_for(3)), {"console": broken})
    delivery.refresh_from_db()
    assert delivery.status == "dead"


def test_patience_ends() -> None:
    delivery, line = queued("h"), Line(Retry("503"), Retry("503"))
    through(line)
    through(line, NOW + timedelta(hours=1))
    delivery.refresh_from_db()
    assert delivery.status == "dead"
    assert retry_for(3) == timedelta(hours=24)


def test_pauses_double_to_five_minutes_and_are_spread() -> None:
    for tries, base in [(1, 5), (2, 10), (3, 20), (7, 300), (60, 300)]:
        pauses = {pause(delivery, tries) for delivery in range(50)}
        assert all(0.75 * base <= wait.total_seconds() <= 1.25 * base for wait in pauses)
        assert len(pauses) > 10


def test_a_switched_off_target_and_an_unknown_channel_are_dead_letters() -> None:
    delivery = queued()
    Target.objects.update(enabled=False)
    deliver(at(NOW))
    assert "switched off" in delivery.attempts.get().response
    other = queued_again()
    deliver(at(NOW), {})
    other.refresh_from_db()
    assert other.status == "dead"


def queued_again() -> Delivery:
    Target.objects.update(enabled=True)
    judge(make_scope(Alert.objects.get().rule, "/other/*"), "c", 0)
    consume(NOW)
    return Delivery.objects.latest("pk")


def test_a_lease_that_runs_out_is_unknown_and_sent_again() -> None:
    delivery = queued()
    (lost,) = claim(NOW)
    assert claim(NOW + LEASE - SECOND) == []
    line = Line()
    through(line, NOW + LEASE)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.tries) == ("sent", 2)
    assert "may have been sent" in delivery.attempts.get(number=1).response
    record_outcome(lost, Rejected("too late"), NOW + LEASE + SECOND)
    delivery.refresh_from_db()
    assert delivery.status == "sent"
    assert DeliveryAttempt.objects.count() == 2


def test_messages_of_an_episode_reach_a_target_in_order() -> None:
    delivery = queued("c")
    line = Line(Retry("503"))
    through(line)
    judge_all(delivery.alert.scope, ".c.c", start=1)
    consume(NOW)
    assert [row.kind for row in Delivery.objects.order_by("sequence")] == ["firing", "flapping"]
    assert through(line, NOW + SECOND) == 0
    through(line, NOW + MINUTE)
    assert [notification.facts["kind"] for notification in line.sent] == ["firing", "firing", "flapping"]


def test_a_firing_overtaken_by_its_end_is_recorded_and_not_sent() -> None:
    delivery = queued("c")
    judge_all(delivery.alert.scope, "......", start=1)
    consume(NOW)
    assert list(Delivery.objects.values_list("kind", "status")) == [("firing", "overtaken")]
    assert through(Line()) == 0


def test_an_acknowledgment_before_the_firing_went_out_follows_it() -> None:
    delivery = queued("c")
    acknowledge(delivery.alert_id, make_user(), NOW)
    line = Line()
    through(line)
    assert [notification.facts["kind"] for notification in line.sent] == ["firing", "acknowledged"]


def test_an_end_goes_to_all_who_may_have_been_told() -> None:
    delivery = queued("h")
    Delivery.objects.update(status="unknown", tries=1)
    judge(delivery.alert.scope, "c", 1)
    consume(NOW)
    line = Line()
    through(line)
    judge_all(delivery.alert.scope, "......", start=2)
    consume(NOW)
    ends = Delivery.objects.filter(kind="resolved").order_by("target__address")
    assert [end.target.address for end in ends] == ["#raxx-ops-alert-sev1", "#raxx-ops-alert-sev2-5"]
    assert ends[1].policy_name == "High, business hours"


def test_all_messages_of_an_episode_share_a_key() -> None:
    delivery = queued("c")
    line = Line()
    through(line)
    judge_all(delivery.alert.scope, "......", start=1)
    consume(NOW)
    through(line)
    assert {notification.key for notification in line.sent} == {delivery.payload["episode"]}
    assert [notification.facts["kind"] for notification in line.sent] == ["firing", "resolved"]


def test_what_waits_is_known() -> None:
    assert measure(NOW + MINUTE).oldest_unsent_age == 0
    queued()
    assert measure(NOW + MINUTE).oldest_unsent_age == 60
