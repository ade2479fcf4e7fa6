"""Messages go out side by side, within the bounds, and a receiver that hangs delays no other."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from threading import Event, Lock

import pytest
from django.db import OperationalError

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Sent
from detections.alerts.delivery import sender
from detections.alerts.delivery.outbox import LEASE, claim, expire_leases
from detections.alerts.delivery.sender import OutboxSender, deliver
from detections.alerts.delivery.target_pace import PER_TARGET, SLOW, SLOW_THREADS, TargetPace
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from tests.detections.alerts.delivery.queue import NOW, at, queue, queue_one

pytestmark = pytest.mark.usefixtures("notification_policies")
WAIT = 30  # seconds; only a test that fails waits so long


class HangingReceiver:
    """A channel whose receivers answer for `hanging` only once they are released; counts the requests that run."""

    def __init__(self, *hanging: str) -> None:
        self.hanging, self.released = frozenset(hanging), Event()
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.sent: list[str] = []
        self._lock = Lock()

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        where = notification.address
        with self._lock:
            self.running[where] += 1
            self.most[where] = max(self.most[where], self.running[where])
        if where in self.hanging:
            assert self.released.wait(WAIT)
        with self._lock:
            self.running[where] -= 1
            self.sent.append(where)
        return Sent("ok")


class SteppedClock:
    """The time that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def statuses(address: str) -> Counter[str]:
    return Counter(Delivery.objects.filter(target__address=address).values_list("status", flat=True))


@pytest.mark.parametrize("number", [1, 10, 40])
def test_targets_that_hang_hold_a_thread_each_and_delay_no_other(number: int) -> None:
    hanging = [f"#hangs{i}" for i in range(number)]
    for address in hanging:
        queue(3, address)
    queue(20, "#works")
    receiver = HangingReceiver(*hanging)
    running = OutboxSender(at(NOW), {"console": receiver})
    try:
        while statuses("#works")["sent"] < 20:
            running.start_due()
            assert running.record(WAIT), "an answer of the target that works"
        for address in hanging:
            assert statuses(address) == {"sending": 1, "queued": 2}
    finally:
        receiver.released.set()
    while running.start_due() or running.in_flight:
        running.record(WAIT)
    running.close()
    assert all(statuses(address) == {"sent": 3} for address in hanging)
    assert receiver.most["#works"] <= PER_TARGET


def test_targets_that_hung_before_leave_threads_to_the_others() -> None:
    """However many they are: the threads of all the slow ones are bounded."""
    hanging = [f"#hangs{i}" for i in range(2 * SLOW_THREADS)]
    for address in hanging:
        queue(2, address)
    clock = SteppedClock()
    receiver = HangingReceiver(*hanging)
    running = OutboxSender(clock, {"console": receiver})
    running.start_due()
    clock.now += SLOW
    receiver.released.set()
    while running.in_flight:
        running.record(WAIT)
    receiver.released.clear()
    queue(5, "#works")
    try:
        assert running.start_due() == SLOW_THREADS + 1
        while statuses("#works")["sent"] < 5:
            running.start_due()
            assert running.record(WAIT)
        assert running.in_flight == SLOW_THREADS
    finally:
        receiver.released.set()
        running.close()


def test_a_target_that_begins_to_hang_gets_no_more_than_it_has() -> None:
    queue(20, "#ops")
    clock = SteppedClock()
    receiver = HangingReceiver()
    running = OutboxSender(clock, {"console": receiver})
    running.start_due()
    running.record(WAIT)
    receiver.hanging = frozenset({"#ops"})
    try:
        assert running.start_due() == PER_TARGET
        clock.now += SLOW
        assert running.start_due() == 0
        assert statuses("#ops") == {"sent": 1, "sending": PER_TARGET, "queued": 19 - PER_TARGET}
    finally:
        receiver.released.set()
    while running.in_flight:
        running.record(WAIT)
    receiver.released.clear()
    assert running.start_due() == 1, "one at a time until it answers quickly"
    receiver.released.set()
    running.record(WAIT)
    assert running.start_due() == PER_TARGET
    running.close()


def test_no_more_threads_than_allowed_are_used() -> None:
    for number in range(10):
        queue(2, f"#ops{number}")
    running = OutboxSender(at(NOW), {"console": HangingReceiver()}, threads=6)
    assert running.start_due() == 6
    assert running.in_flight == 6
    assert Delivery.objects.filter(status="sending").count() == 6
    while running.start_due() or running.in_flight:
        running.record(WAIT)
    assert Delivery.objects.filter(status="sent").count() == 20


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
    quick = TargetPace()
    quick.note(target, timedelta(0))
    assert len(claim(NOW, pace=quick, busy={target: PER_TARGET - 1})) == 1
    assert claim(NOW, pace=quick, busy={target: PER_TARGET}) == []
    assert len(claim(NOW, limit=2, pace=quick)) == 2


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
    for address in ("#ops", "#dev", "#data"):
        queue(1, address)
    lost = claim(NOW)
    assert len(lost) == 3
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
