"""Messages go out side by side, within the bounds, and a receiver that hangs delays no other."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from threading import Event, Lock

import pytest
from django.db import OperationalError

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Sent
from detections.alerts.delivery import sender
from detections.alerts.delivery.outbox import LEASE, PER_TARGET, claim, expire_leases
from detections.alerts.delivery.sender import OutboxSender, deliver
from detections.alerts.models import Delivery
from detections.alerts.routing_models import Target
from tests.detections.alerts.delivery.queue import NOW, at, queue, queue_one

pytestmark = pytest.mark.usefixtures("notification_policies")
WAIT = 30  # seconds; only a test that fails waits so long


class HangingReceiver:
    """A channel whose receiver answers for `hanging` only once it is released; counts the requests that run."""

    def __init__(self, hanging: str = "") -> None:
        self.hanging, self.released, self.full = hanging, Event(), Event()
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.sent: list[str] = []
        self._lock = Lock()

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        where = notification.address
        with self._lock:
            self.running[where] += 1
            self.most[where] = max(self.most[where], self.running[where])
            if self.running[where] == PER_TARGET:
                self.full.set()
        if where == self.hanging:
            assert self.released.wait(WAIT)
        with self._lock:
            self.running[where] -= 1
            self.sent.append(where)
        return Sent("ok")


def statuses(address: str) -> Counter[str]:
    return Counter(Delivery.objects.filter(target__address=address).values_list("status", flat=True))


def test_a_target_that_hangs_holds_its_share_and_delays_no_other() -> None:
    queue(20, "#hangs")
    queue(20, "#works")
    receiver = HangingReceiver(hanging="#hangs")
    running = OutboxSender(at(NOW), {"console": receiver}, threads=8)
    try:
        while statuses("#works")["sent"] < 20:
            running.start_due()
            assert running.record(WAIT), "an answer of the target that works"
        assert receiver.full.wait(WAIT)
        assert statuses("#hangs") == {"sending": PER_TARGET, "queued": 20 - PER_TARGET}
    finally:
        receiver.released.set()
    while running.start_due() or running.in_flight:
        running.record(WAIT)
    running.close()
    assert statuses("#hangs") == {"sent": 20}
    assert receiver.most["#hangs"] == PER_TARGET


def test_no_more_threads_than_allowed_are_used() -> None:
    for name in "abcdef":
        queue(4, name)
    running = OutboxSender(at(NOW), {"console": HangingReceiver()}, threads=6)
    assert running.start_due() == 6
    assert running.in_flight == 6
    assert Delivery.objects.filter(status="sending").count() == 6
    while running.start_due() or running.in_flight:
        running.record(WAIT)
    assert Delivery.objects.filter(status="sent").count() == 24


def test_two_senders_at_once_send_each_message_once() -> None:
    queue(30, "#ops")
    receiver = HangingReceiver()
    one, other = (OutboxSender(at(NOW), {"console": receiver}) for _ in range(2))
    while one.start_due() + other.start_due() or one.in_flight or other.in_flight:
        one.record(0)
        other.record(0)
    assert len(receiver.sent) == 30
    assert statuses("#ops") == {"sent": 30}


def test_a_bound_counts_what_the_sender_has_in_flight() -> None:
    queue(10, "#ops")
    target = Target.objects.get(address="#ops").pk
    assert len(claim(NOW, busy={target: PER_TARGET - 1})) == 1
    assert claim(NOW, busy={target: PER_TARGET}) == []
    assert len(claim(NOW, limit=2)) == 2


def test_an_outcome_that_the_database_did_not_take_is_recorded_later(monkeypatch: pytest.MonkeyPatch) -> None:
    queue(1, "#ops")
    running = OutboxSender(at(NOW), {"console": HangingReceiver()})
    running.start_due()
    with monkeypatch.context() as patched:
        patched.setattr(sender, "record_each", away)
        with pytest.raises(OperationalError):
            running.record(WAIT)
    assert running.in_flight == 1
    running.record(WAIT)
    assert statuses("#ops") == {"sent": 1}


def test_a_sender_that_was_killed_holds_its_messages_for_the_lease_only() -> None:
    queue(3, "#ops")
    lost = claim(NOW)
    expire_leases(NOW + LEASE - timedelta(seconds=1))
    assert claim(NOW + LEASE - timedelta(seconds=1)) == []
    receiver = HangingReceiver()
    assert deliver(at(NOW + LEASE), {"console": receiver}) == len(lost) == len(receiver.sent)


def test_it_goes_on_when_the_database_is_back_and_stops_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    queue(3, "#ops")
    stopping, looks = Event(), iter([away, expire_leases])

    def look(now: datetime) -> None:
        next(looks, stop)(now)

    def stop(now: datetime) -> None:
        stopping.set()

    monkeypatch.setattr(sender, "expire_leases", look)
    monkeypatch.setattr(sender.connection, "close", lambda: None)  # the test's transaction
    sender.run(at(NOW), stopping, poll=0.01, grace=WAIT)
    assert statuses("#ops") == {"sent": 3}


def away(*_: object) -> None:
    raise OperationalError("server closed the connection")


def test_messages_of_an_episode_go_one_after_another_however_many_threads_are_free() -> None:
    first = queue(1, "#ops")[0]
    for sequence in (2, 3):
        queue_one(first.target, first.alert, sequence)
    sent: list[int] = []

    def keep(notification: Notification) -> DeliveryOutcome:
        sent.append(notification.delivery)
        return Sent("ok")

    deliver(at(NOW), {"console": keep})
    assert sent == list(Delivery.objects.order_by("sequence").values_list("pk", flat=True))
