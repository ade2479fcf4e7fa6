"""Who was told of a group that another one absorbed is told of that one's end, though all of it still waited."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from detections.alerts.causes.models import GroupedAlert
from detections.alerts.channels.notification import Sent
from detections.alerts.delivery.enqueue import merge_messages, notify
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from tests.detections.alerts.delivery.queue import NOW, at, queue, queue_one
from tests.detections.alerts.silences.makers import HOUR, make_silence

pytestmark = pytest.mark.usefixtures("notification_policies")
Kind, Status = Delivery.Kind, Delivery.Status
Waits = Callable[[Delivery, Delivery], object]


def again(told: Delivery, other: Delivery) -> None:
    queue_one(told.target, told.alert, 2, "repeated")


def asked_for(told: Delivery, other: Delivery) -> None:
    queue_one(told.target, told.alert, 2, "responder")


def of_the_other(told: Delivery, other: Delivery) -> None:
    queue_one(told.target, other.alert, 2)


def held_back(told: Delivery, other: Delivery) -> None:
    row = queue_one(told.target, other.alert, 2)
    Delivery.objects.filter(pk=row.pk).update(status=Status.SUPPRESSED)


def for_summary(told: Delivery, other: Delivery) -> None:
    row = queue_one(told.target, other.alert, 2)
    Delivery.objects.filter(pk=row.pk).update(status=Status.FOR_SUMMARY, next_attempt_at=None)


@pytest.mark.parametrize("waits", [again, asked_for, of_the_other, held_back, for_summary])
def test_the_end_of_the_other_group_reaches_who_was_told_of_the_absorbed_one(waits: Waits) -> None:
    (told,), (other,) = queue(1, "#ops"), queue(1, "#else")
    Delivery.objects.filter(pk=told.pk).update(status=Status.SENT, tries=1, sent_at=NOW)
    waits(told, other)
    other.group.leader = other.alert
    other.group.save(update_fields=["leader"])
    GroupedAlert.objects.filter(alert=told.alert).update(group=other.group)
    merge_messages(told.group, told.alert, other.group, NOW, held_back=False)
    ends = notify(other.alert, Kind.RESOLVED, NOW, group=other.group)
    assert [each.target for each in ends].count(told.target) == 1


def test_a_daily_summary_is_no_message_to_who_was_told_before() -> None:
    (told,), (other,) = queue(1, "#ops"), queue(1, "#else")
    Delivery.objects.filter(pk=told.pk).update(status=Status.SENT, tries=1, sent_at=NOW)
    for_summary(told, other)
    other.group.leader = other.alert
    GroupedAlert.objects.filter(alert=told.alert).update(group=other.group)
    merge_messages(told.group, told.alert, other.group, NOW, held_back=False)
    kept = Delivery.objects.filter(group=other.group, target=told.target).order_by("sequence")
    assert list(kept.values_list("kind", "status")) == [("firing", "held"), ("updated", "queued")]


def test_who_was_not_told_of_the_absorbed_group_gets_no_end_of_what_never_went_out() -> None:
    (told,), (other,) = queue(1, "#ops"), queue(1, "#else")
    other.group.leader = other.alert
    GroupedAlert.objects.filter(alert=told.alert).update(group=other.group)
    merge_messages(told.group, told.alert, other.group, NOW, held_back=False)
    assert notify(other.alert, Kind.RESOLVED, NOW, group=other.group) == []


def test_that_they_were_told_before_outlasts_a_silence() -> None:
    make_silence(matchers={"rule": ["DET-BETA-*"]})
    (message,) = queue(1, "#ops", channel="webhook")
    Delivery.objects.filter(pk=message.pk).update(payload={**message.payload, "told_before": True})
    deliver(at(NOW), {"webhook": lambda _: Sent("ok")})
    assert Delivery.objects.get().status == Status.SUPPRESSED
    deliver(at(NOW + 24 * HOUR), {"webhook": lambda _: Sent("ok")})
    sent = Delivery.objects.get()
    assert (sent.status, sent.payload["told_before"]) == (Status.SENT, True)
