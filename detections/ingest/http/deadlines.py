"""Lets go of clients that send their bodies too slowly (no ORM).

A server's read returns when it has all it was asked for, so a client that sends a byte now and then would hold its
thread for ever. One thread a process looks each second which bodies are overdue and ends the reading of their sockets:
the blocked read then returns as if the client had stopped.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

TICK_SECONDS = 1.0
# A phone's poor uplink; a body that comes at least so fast may take as long as it needs.
BYTES_PER_SECOND = 50_000


class BodyRead:
    """One body under way: `more` tells what came, `late` says whether its time was up."""

    def __init__(self, connection: Any, until: float) -> None:
        self._connection = connection
        self._until = until
        self.late = False

    def more(self, size: int) -> None:
        self._until += size / BYTES_PER_SECOND

    def expire(self, now: float) -> None:
        if now < self._until or self.late:
            return
        self.late = True
        with contextlib.suppress(OSError):  # the client has gone meanwhile
            self._connection.shutdown(socket.SHUT_RD)


class Deadlines:
    """The bodies that a process reads at the moment. Starts its thread with the first one after a fork."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._pid = 0
        self._lock = threading.Lock()
        self._readings: set[BodyRead] = set()

    @contextmanager
    def over(self, connection: Any) -> Iterator[BodyRead]:
        """Within, reads of the socket end when the time is up; without a socket (another server) they do not."""
        reading = BodyRead(connection, time.monotonic() + self.seconds)
        if connection is None:
            yield reading
            return
        with self._lock:
            self._start()
            self._readings.add(reading)
        try:
            yield reading
        finally:
            with self._lock:
                self._readings.discard(reading)

    def expire(self, now: float) -> None:
        """Ends what is overdue at `now`, by the steady clock."""
        with self._lock:
            for reading in self._readings:
                reading.expire(now)

    def _start(self) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="deadlines", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            self.expire(time.monotonic())
