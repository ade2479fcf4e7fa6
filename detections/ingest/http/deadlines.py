"""Ends the reading of request bodies that arrive too slowly (no ORM).

A server's read blocks until it has all the bytes it asked for, so a client that sends one byte now and then would
occupy its thread for ever. One thread per process checks every second which bodies are overdue and shuts their sockets
down for reading: the blocked read returns as if the client had disconnected.
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
# A slow mobile uplink. A body that arrives at least this fast may take as long as it needs.
BYTES_PER_SECOND = 50_000


class BodyRead:
    """One body that is being read. `late` is True once its deadline has passed and its socket is shut down."""

    def __init__(self, connection: Any, until: float) -> None:
        self._connection = connection
        self._until = until
        self.late = False

    def received(self, size: int) -> None:
        """Moves the deadline by the seconds that `size` bytes may take."""
        self._until += size / BYTES_PER_SECOND

    def expire(self, now: float) -> None:
        """Shuts the socket down where the deadline is before `now` (seconds of the monotonic clock)."""
        if now < self._until or self.late:
            return
        self.late = True
        with contextlib.suppress(OSError):  # the client has disconnected meanwhile
            self._connection.shutdown(socket.SHUT_RD)


class Deadlines:
    """The bodies that this process is reading; each may take `seconds`. The thread starts with the first body."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._pid = 0
        self._lock = threading.Lock()
        self._reads: set[BodyRead] = set()

    @contextmanager
    def watch(self, connection: Any) -> Iterator[BodyRead]:
        """Applies a deadline to reads of the socket while the block runs; None (a server without sockets) has none."""
        body = BodyRead(connection, time.monotonic() + self.seconds)
        if connection is None:
            yield body
            return
        with self._lock:
            self._start()
            self._reads.add(body)
        try:
            yield body
        finally:
            with self._lock:
                self._reads.discard(body)

    def expire(self, now: float) -> None:
        """Shuts down all sockets whose deadline is before `now` (seconds of the monotonic clock)."""
        with self._lock:
            for body in self._reads:
                body.expire(now)

    def _start(self) -> None:
        if self._pid != os.getpid():
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="deadlines", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(TICK_SECONDS)
            self.expire(time.monotonic())
