"""Sends due messages, many at a time: one thread talks to the database, the others to receivers.

A receiver that hangs holds one thread, and a few where it has answered before (`target_pace`), so that many of them
delay no other. Any number of senders may run: each leases its own messages.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from threading import Event
from typing import NamedTuple

from django.db import InterfaceError, OperationalError, connection

from detections.alerts.channels.notification import DeliveryOutcome
from detections.alerts.delivery.outbox import claim, expire_leases, first_messages, thread_of
from detections.alerts.delivery.record_each import record_each
from detections.alerts.delivery.send_one import SENDS, Send, send_one
from detections.alerts.delivery.target_pace import SLOW, TargetPace
from detections.alerts.delivery_models import Delivery

logger = logging.getLogger(__name__)

THREADS = 128  # made as they are needed; ten targets that begin to hang at once take 80
# Seconds that it waits for more answers after one: leasing and recording take the same statements for one as for all
# that a target gets at a time, and those arrive together.
GATHER = 0.05
POLL = 1.0  # seconds between looks at an outbox in which nothing is due
# Seconds that a stopping sender waits for answers; what has none then is sent again when its lease has expired.
GRACE = 12.0


class Attempt(NamedTuple):
    """A message in flight, and when it was given to its thread."""

    delivery: Delivery
    started: datetime


class OutboxSender:
    """The messages in flight, and the threads that send them. Used by one thread."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        sends: Mapping[str, Send] = SENDS,
        threads: int = THREADS,
        only: Collection[int] | None = None,
    ) -> None:
        """`only`: messages of these alerts."""
        self._clock, self._sends, self._threads, self._only = clock, sends, threads, only
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="send")
        self._in_flight: dict[Future[DeliveryOutcome | None], Attempt] = {}
        self._pace = TargetPace()

    @property
    def in_flight(self) -> int:
        """The number of messages that are being sent, or whose outcome is not recorded yet."""
        return len(self._in_flight)

    def start_due(self) -> int:
        """Starts to send due messages while threads are free; returns how many."""
        started = 0
        while free := self._threads - len(self._in_flight):
            now = self._clock()
            self._note_hanging(now)
            busy = Counter(each.delivery.target_id for each in self._in_flight.values())
            batch = claim(now, free, self._pace, busy, self._only)
            first = first_messages(batch)
            for delivery in batch:
                earlier = first.get(thread_of(delivery))
                sending = self._pool.submit(send_one, delivery, self._clock, self._sends, earlier)
                self._in_flight[sending] = Attempt(delivery, now)
            started += len(batch)
            if not batch:
                break
        return started

    def record(self, timeout: float | None = None) -> int:
        """Waits at most `timeout` seconds for an answer, and records the outcomes that are there; returns how many.

        An outcome that the database does not take stays for the next call; what was not sent is left to its lease."""
        if not wait(self._in_flight, timeout, FIRST_COMPLETED).done:
            return 0
        done = wait(self._in_flight, GATHER).done
        attempts = [(self._in_flight[future], future.result()) for future in done]
        now = self._clock()
        record_each([(each.delivery, outcome) for each, outcome in attempts if outcome is not None], now)
        for future in done:
            attempt = self._in_flight.pop(future)
            self._pace.note(attempt.delivery.target_id, now - attempt.started)
        return len(done)

    def _note_hanging(self, now: datetime) -> None:
        """Targets that have not answered yet get no more than they have."""
        for attempt in self._in_flight.values():
            if (waited := now - attempt.started) >= SLOW:
                self._pace.note(attempt.delivery.target_id, waited)

    def close(self) -> None:
        """Starts nothing more; the threads end with their requests."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def deliver(
    clock: Callable[[], datetime],
    sends: Mapping[str, Send] = SENDS,
    threads: int = THREADS,
    only: Collection[int] | None = None,
) -> int:
    """Sends all messages that are due (those of the alerts `only`), and waits for the answers; returns the number of
    attempts."""
    sender = OutboxSender(clock, sends, threads, only)
    tried = 0
    try:
        expire_leases(clock())
        while sender.start_due() or sender.in_flight:
            tried += sender.record()
    finally:
        sender.close()
    return tried


def run(clock: Callable[[], datetime], stopping: Event, poll: float = POLL, grace: float = GRACE) -> None:
    """Sends what becomes due until `stopping` is set, then waits at most `grace` seconds for answers.

    While PostgreSQL is away it waits, and goes on when it is back. It needs no Redis."""
    sender = OutboxSender(clock, SENDS)
    try:
        while not stopping.is_set():
            try:
                _turn(sender, clock(), stopping, poll)
            except (OperationalError, InterfaceError) as error:
                logger.warning("the outbox cannot be read: %s", error)
                connection.close()
                stopping.wait(poll)
        _finish(sender, clock, grace)
    finally:
        sender.close()


def _turn(sender: OutboxSender, now: datetime, stopping: Event, poll: float) -> None:
    """One look at the outbox, and one wait: for an answer where any is awaited."""
    expire_leases(now)
    sender.start_due()
    if sender.in_flight:
        sender.record(poll)
    else:
        stopping.wait(poll)


def _finish(sender: OutboxSender, clock: Callable[[], datetime], grace: float) -> None:
    end = clock().timestamp() + grace
    try:
        while sender.in_flight and (left := end - clock().timestamp()) > 0:
            sender.record(left)
    except (OperationalError, InterfaceError) as error:
        why = " ".join(str(error).split())
        logger.warning("stopped with %s outcomes that are not recorded: %s", sender.in_flight, why)
