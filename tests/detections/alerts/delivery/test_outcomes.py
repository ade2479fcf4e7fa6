"""What a receiver answers, and a process that is stopped, neither kill the sender nor double messages."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from detections.alerts.delivery import inhibition, outbox, record_each, sender
from detections.alerts.delivery.backoff import retry_for
from detections.alerts.delivery.outbox import (
    INHIBITED_BATCHES,
    LEASE,
    REST_TRIES,
    claim,
    expire_leases,
    first_messages,
)
from detections.alerts.delivery.sender import OutboxSender, deliver
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.routing_models import Target
from tests.detections.alerts.delivery.queue import NOW, at, queue, queue_one

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("kind", [Sent, Retry, Rejected])
@pytest.mark.parametrize("said", ["no\0", "half \ud800"])
def test_what_a_receiver_says_is_stored_without_what_cannot_be(said: str, kind: type[Retry]) -> None:
    queue(1, "#ops")
    deliver(at(NOW), {"console": lambda _: kind(said)})
    assert DeliveryAttempt.objects.get().response == said.replace("\0", "").replace("\ud800", "?")


def test_a_receipt_is_stored_likewise() -> None:
    queue(1, "#ops")
    deliver(at(NOW), {"console": lambda _: Sent("ok", {"ts": "1\0", "channel": "\udfff"})})
    assert Delivery.objects.get().receipt == {"ts": "1", "channel": "?"}


def test_a_target_whose_values_cannot_be_read_blocks_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    queue(1, "#ops")
    Target.objects.update(settings=["no", "values"])
    assert deliver(at(NOW)) == 1
    assert Delivery.objects.get().status == "queued"


@pytest.mark.parametrize("error", [DataError("numeric field overflow\nmore"), ValueError("no")])
def test_an_outcome_that_cannot_be_stored_is_a_retry_and_the_others_are_recorded(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    bad, good = queue(2, "#ops")
    record = outbox.record_outcomes

    def refusing(outcomes: list[tuple[Delivery, DeliveryOutcome]], now: object) -> None:
        if any(delivery.pk == bad.pk and isinstance(outcome, Sent) for delivery, outcome in outcomes):
            raise error
        record(outcomes, NOW)

    monkeypatch.setattr(record_each, "record_outcomes", refusing)
    deliver(at(NOW), {"console": lambda _: Sent("ok")})
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("queued", "sent")
    assert bad.attempts.get().response == f"The answer cannot be stored: {type(error).__name__}"


def test_what_stays_without_answer_is_a_dead_letter_in_the_end() -> None:
    (delivery,) = queue(1, "#ops")
    end = NOW + retry_for(delivery.alert.severity)
    for moment, status in [(end - LEASE - SECOND, "unknown"), (end, "dead")]:
        claim(moment)
        expire_leases(moment + LEASE)
        delivery.refresh_from_db()
        assert delivery.status == status
    assert delivery.next_attempt_at is None


def test_a_sender_that_was_stopped_beyond_its_lease_sends_nothing() -> None:
    queue(1, "#ops")
    sent: list[int] = []

    def keep(notification: Notification) -> DeliveryOutcome:
        sent.append(notification.delivery)
        return Sent("ok")

    moments = iter([NOW])  # leased; then the process was stopped
    stopped = OutboxSender(lambda: next(moments, NOW + LEASE - 19 * SECOND), {"console": keep})
    stopped.start_due()
    stopped.record(30)
    stopped.close()
    assert (sent, stopped.in_flight, Delivery.objects.get().status) == ([], 0, "sending")
    assert deliver(at(NOW + LEASE), {"console": lambda _: Sent("ok")}) == 1
    assert Delivery.objects.get().status == "sent"


def test_later_messages_refer_to_the_newest_that_has_a_receipt() -> None:
    (first,) = queue(1, "#ops")
    for sequence in (2, 3, 4):
        queue_one(first.target, first.alert, sequence)
    for sequence, receipt in [(1, {"ts": "gone"}), (2, {"ts": "another"}), (3, {})]:
        Delivery.objects.filter(sequence=sequence).update(receipt=receipt, status="sent")
    (found,) = first_messages([Delivery.objects.get(sequence=4)]).values()
    assert found.receipt == {"ts": "another"}


def test_a_stop_while_postgresql_is_away_is_one_line(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise OperationalError("server closed\n\tthe connection")

    queue(1, "#ops")
    stopping = OutboxSender(at(NOW), {"console": lambda _: Sent("ok")})
    stopping.start_due()
    monkeypatch.setattr(sender, "record_each", away)
    with caplog.at_level(logging.WARNING):
        sender._finish(stopping, at(NOW), 12.0)
    assert [record.getMessage() for record in caplog.records] == [
        "stopped with 1 outcomes that are not recorded: server closed the connection"
    ]


def test_batches_that_are_all_inhibited_do_not_hold_up_those_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {delivery.pk for delivery in queue(5, "#ops")}
    (last,) = queue(1, "#ops")

    def inhibit(due: list[Delivery], now: object) -> list[Delivery]:
        marked = [delivery.pk for delivery in due if delivery.pk in held]
        Delivery.objects.filter(pk__in=marked).update(status="suppressed", next_attempt_at=NOW + inhibition.CHECK_AGAIN)
        return [delivery for delivery in due if delivery.pk not in held]

    monkeypatch.setattr(outbox, "inhibit", inhibit)
    assert INHIBITED_BATCHES > 3
    assert claim(NOW, limit=2) == [last]


def test_what_a_channel_has_done_already_is_given_to_the_next_attempt_of_the_message_alone() -> None:
    """And after a few attempts the message, which arrived, counts as sent."""
    (first,) = queue(1, "#ops")
    later = queue_one(first.target, first.alert, sequence=2)
    seen: list[tuple[int, dict[str, str], bool]] = []

    def half(notification: Notification) -> DeliveryOutcome:
        seen.append((notification.delivery, dict(notification.done), notification.first is not None))
        if notification.delivery == first.pk:
            return Sent("ok", {"ts": "1"})
        return Retry("not updated", None, {"replied": "yes"})

    for number in range(REST_TRIES):
        deliver(at(NOW + number * timedelta(minutes=10)), {"console": half})
    later.refresh_from_db()
    assert seen[0] == (first.pk, {}, False)
    assert seen[1:] == [(later.pk, {}, True)] + [(later.pk, {"replied": "yes"}, True)] * (REST_TRIES - 1)
    assert (later.status, later.tries, later.receipt) == ("sent", REST_TRIES, {})
