"""A dead letter goes to the fallback target, once, and says which target failed and why."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from detections.alerts.causes.models import GroupedAlert
from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from detections.alerts.delivery.backoff import retry_for
from detections.alerts.delivery.enqueue import notify
from detections.alerts.delivery.outbox import LEASE, claim, expire_leases
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.models import Alert
from detections.alerts.routing_models import NotificationPolicy, Target
from tests.detections.alerts.delivery.queue import NOW, at, queue, queue_one
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
LOST = Rejected("404 no_service")


class Receivers:
    """A channel that refuses messages to some addresses, and keeps what the others got."""

    def __init__(self, *refusing: str, outcome: DeliveryOutcome = LOST) -> None:
        self.refusing, self.outcome = set(refusing), outcome
        self.got: list[Notification] = []

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        if notification.address in self.refusing:
            return self.outcome
        self.got.append(notification)
        return Sent("ok")

    def deliver(self, after: timedelta = timedelta(0)) -> None:
        deliver(at(NOW + after), {"webhook": self, "slack": self})


def target(address: str, **fields: object) -> Target:
    return Target.objects.create(name=f"Target {address}", address=address, channel="webhook", **fields)


@pytest.fixture
def fallback() -> Target:
    return target("#fallback", fallback=True)


def lose(number: int = 1, **outcome: DeliveryOutcome) -> Receivers:
    queue(number, "#gone", channel="slack")
    receivers = Receivers("#gone", **outcome)
    receivers.deliver()
    return receivers


def test_it_goes_to_the_fallback_and_says_who_failed_and_why(fallback: Target) -> None:
    (notification,) = lose().got
    assert notification.address == "#fallback"
    dead = Delivery.objects.get(status="dead")
    sent = Delivery.objects.get(fallback_of=dead)
    assert (sent.status, sent.sequence, sent.kind, sent.policy_name) == ("sent", 1, "firing", "Fallback")
    why = "Sent here because #gone did not take it: 404 no_service"
    assert why in render(notification.facts).text
    assert notification.facts["message_id"] != dead.payload.get("message_id")


def test_the_alerts_trace_names_it(fallback: Target, client: Client) -> None:
    lose()
    client.force_login(make_viewer())
    html = client.get(f"/alerts/{Alert.objects.get().pk}/").content.decode()
    assert "✓ Fallback, #gone did not take it: 404 no_service" in html


def test_a_message_that_ran_out_of_tries_goes_there_too(fallback: Target) -> None:
    receivers = lose(outcome=Retry("503"))
    assert receivers.got == []
    receivers.deliver(after=retry_for(3) + timedelta(minutes=1))
    (notification,) = receivers.got
    assert "did not take it: 503" in notification.facts["why"]


def test_one_without_an_answer_goes_there_too(fallback: Target) -> None:
    queue(1, "#gone", channel="slack")
    end = NOW + retry_for(3)
    claim(end)
    expire_leases(end + LEASE)
    assert Delivery.objects.get(target=fallback).payload["why"].endswith("it may have been sent.")


def test_no_loop_where_the_fallback_fails_too(fallback: Target) -> None:
    queue(1, "#gone", channel="slack")
    receivers = Receivers("#gone", "#fallback")
    receivers.deliver()
    receivers.deliver(after=timedelta(hours=1))
    assert sorted(Delivery.objects.values_list("status", "target__address")) == [
        ("dead", "#fallback"),
        ("dead", "#gone"),
    ]


def test_its_own_dead_letters_go_nowhere(fallback: Target) -> None:
    queue(1, "#fallback")
    Receivers("#fallback").deliver()
    assert Delivery.objects.count() == 1


def test_what_the_fallback_has_anyway_it_gets_once(fallback: Target) -> None:
    (first,) = queue(1, "#gone", channel="slack")
    queue_one(fallback, first.alert)
    receivers = Receivers("#gone")
    receivers.deliver()
    assert len(receivers.got) == 1


def test_two_dead_letters_of_a_message_make_one(fallback: Target) -> None:
    (first,) = queue(1, "#gone", channel="slack")
    queue_one(target("#lost"), first.alert)
    receivers = Receivers("#gone", "#lost")
    receivers.deliver()
    assert len(receivers.got) == 1


def test_without_a_chosen_one_the_targets_of_the_last_policy_get_it() -> None:
    everything = NotificationPolicy.objects.get(name="Everything else")
    for name in ("#one", "#other", "#off"):
        everything.targets.add(target(name, enabled=name != "#off"))
    assert {notification.address for notification in lose().got} == {"#one", "#other"}


def test_without_any_it_stays_a_dead_letter() -> None:
    """The shipped targets are labels that only the console shows."""
    assert lose().got == []
    assert Delivery.objects.count() == 1


def test_a_switched_off_target_is_one_that_failed(fallback: Target) -> None:
    queue(1, "#off", channel="slack", enabled=False)
    receivers = Receivers()
    receivers.deliver()
    (notification,) = receivers.got
    assert "The target #off is switched off." in notification.facts["why"]


def test_of_an_alert_that_is_over_only_the_end_is_told(fallback: Target) -> None:
    (firing,) = queue(1, "#gone", channel="slack")
    queue_one(firing.target, firing.alert, 2, "resolved")
    Alert.objects.update(status="resolved", dedup_key=None)
    receivers = Receivers("#gone")
    receivers.deliver()
    assert [notification.facts["kind"] for notification in receivers.got] == ["resolved"]


def test_the_fallback_is_told_of_the_end_since_it_was_told_of_the_beginning(fallback: Target) -> None:
    lose()
    alert = Alert.objects.select_related("rule", "project", "project_environment").get()
    assert [each.target for each in notify(alert, Delivery.Kind.RESOLVED, NOW)] == [fallback]


def test_a_second_fallback_is_refused_with_what_to_do(fallback: Target) -> None:
    with pytest.raises(ValidationError, match="take that from it first"):
        Target(name="Second", address="#second", channel="webhook", fallback=True).full_clean()


def test_the_end_of_a_dead_message_of_a_policys_group_has_the_key_of_its_beginning(fallback: Target) -> None:
    (dead,) = queue(1, "#gone", channel="slack")
    episode = str(dead.group.episode)
    listed = {"key": "of-the-group", "alerts": [{"state": "new"}], "alert_counts": {"new": 2}, "grouped_by": "Team"}
    dead.payload |= {"episode": episode, **listed}
    dead.save()
    receivers = Receivers("#gone")
    receivers.deliver()
    alert = Alert.objects.select_related("rule", "project", "project_environment").get()
    notify(alert, Delivery.Kind.RESOLVED, NOW)
    receivers.deliver()
    assert [(each.facts["kind"], each.key) for each in receivers.got] == [("firing", episode), ("resolved", episode)]
    assert not listed.keys() & receivers.got[0].facts.keys()
    assert receivers.got[0].facts["url"].endswith(f"/alerts/{alert.pk}/")


def test_it_goes_to_the_group_that_absorbed_its_own(fallback: Target) -> None:
    dead, other = queue(2, "#gone", channel="slack")
    queue_one(fallback, other.alert)
    GroupedAlert.objects.filter(alert=dead.alert).update(group=other.group)
    Receivers("#gone").deliver()
    sent = Delivery.objects.get(fallback_of=dead)
    assert (sent.group, sent.sequence, sent.payload["episode"]) == (other.group, 2, str(other.group.episode))


def test_what_waits_for_a_daily_summary_is_not_had_yet(fallback: Target) -> None:
    (dead,) = queue(1, "#gone", channel="slack")
    kept = queue_one(fallback, dead.alert)
    Delivery.objects.filter(pk=kept.pk).update(status="held", next_attempt_at=None)
    receivers = Receivers("#gone")
    receivers.deliver()
    (notification,) = receivers.got
    assert (notification.address, Delivery.objects.get(fallback_of=dead).sequence) == ("#fallback", 2)
