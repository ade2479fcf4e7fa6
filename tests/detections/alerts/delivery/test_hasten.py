"""When a target works again, what waited for it goes out at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Retry, Sent
from detections.alerts.delivery.backoff import pause
from detections.alerts.delivery.hasten import hasten
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.targets.results import Recovered
from tests.at_once import race
from tests.detections.alerts.delivery.queue import NOW, at, queue

pytestmark = pytest.mark.usefixtures("notification_policies")
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
AWAY = Retry("503")


class Receiver:
    """A channel that answers as told for each message, else takes it; `tried` are the messages of all attempts."""

    def __init__(self) -> None:
        self.answers: dict[int, DeliveryOutcome] = {}
        self.tried: list[int] = []

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        self.tried.append(notification.delivery)
        return self.answers.get(notification.delivery, Sent("ok"))

    def run(self, now: datetime) -> list[int]:
        """The messages that are tried then."""
        self.tried = []
        deliver(at(now), {"console": self})
        return self.tried


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def failed(receiver: Receiver, number: int = 2, answer: DeliveryOutcome = AWAY, address: str = "#away") -> list[int]:
    """Messages that were tried for ten minutes, so that they wait for minutes."""
    pks = [delivery.pk for delivery in queue(number, address)]
    receiver.answers |= dict.fromkeys(pks, answer)
    for minute in range(11):
        receiver.run(NOW + minute * MINUTE)
    return pks


def one_more(now: datetime, address: str = "#away") -> int:
    (delivery,) = queue(1, address)
    Delivery.objects.filter(pk=delivery.pk).update(next_attempt_at=now, queued_at=now)
    return delivery.pk


LATER = NOW + 10 * MINUTE + SECOND


def test_a_success_makes_what_waits_for_the_target_due(receiver: Receiver) -> None:
    waiting = failed(receiver)
    receiver.answers.clear()
    assert receiver.run(LATER) == []
    new = one_more(LATER)
    assert receiver.run(LATER) == [new, *waiting]
    assert set(Delivery.objects.values_list("status", flat=True)) == {"sent"}


def test_another_targets_success_changes_nothing(receiver: Receiver) -> None:
    failed(receiver)
    receiver.answers.clear()
    new = one_more(LATER, "#works")
    assert receiver.run(LATER) == [new]


def test_the_time_that_a_receiver_named_is_kept(receiver: Receiver) -> None:
    (limited,) = failed(receiver, 1, Retry("429", after=timedelta(hours=1)))
    receiver.answers.clear()
    new = one_more(LATER)
    assert receiver.run(LATER) == [new]
    assert Delivery.objects.get(pk=limited).next_attempt_at == NOW + timedelta(hours=1)


def test_one_that_fails_by_itself_is_hastened_once(receiver: Receiver) -> None:
    (poison,) = failed(receiver, 1)
    tried = receiver.run(LATER)
    for second in range(30):
        one_more(LATER + second * SECOND)
        tried += receiver.run(LATER + second * SECOND)
    assert tried.count(poison) == 1
    waits = Delivery.objects.get(pk=poison)
    assert waits.next_attempt_at == LATER + pause(poison, waits.tries)


def test_the_first_delay_is_kept_and_what_failed_as_another_arrived_goes_with_the_next(receiver: Receiver) -> None:
    (late,) = [delivery.pk for delivery in queue(1, "#away")]
    new = one_more(NOW)
    receiver.answers[late] = AWAY
    assert sorted(receiver.run(NOW)) == [late, new]
    again = NOW + 10 * SECOND
    assert receiver.run(again) == [late]
    receiver.answers.clear()
    another = one_more(again + SECOND)
    assert receiver.run(again + SECOND) == [another, late]


@transaction.atomic
def in_transaction(target: Recovered) -> None:
    hasten([target], LATER)


@pytest.mark.django_db(transaction=True)
def test_a_message_that_another_sender_has_is_not_waited_for(receiver: Receiver) -> None:
    waiting = failed(receiver)
    target = Delivery.objects.get(pk=waiting[0]).target_id
    before = dict(Delivery.objects.values_list("pk", "next_attempt_at"))
    with transaction.atomic():
        list(Delivery.objects.select_for_update().filter(pk=waiting[0]))
        (done,) = race(lambda number: in_transaction(Recovered(target, None)), people=1)
    assert done is None
    assert dict(Delivery.objects.values_list("pk", "next_attempt_at")) == {**before, waiting[1]: LATER}
