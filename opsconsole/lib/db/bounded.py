"""A bound on how long this thread waits for PostgreSQL, also where it accepts connections and never answers."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections

_AGAIN = 0.1  # seconds between cuts, for a connection that was made after the first


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """In the block, statements and connecting take `seconds` together; then they raise OperationalError.

    No timeout of PostgreSQL can do this, since a hung server enforces none: a thread shuts the connection's socket
    down. Embedded servers are not started in the block, which may take minutes.
    """
    wrapper: Any = connections[DEFAULT_DB_ALIAS]  # itself: the proxy would stand for the other thread's in that thread
    parameters = wrapper.get_connection_params
    wrapper.get_connection_params = lambda: {**parameters(), "connect_timeout": max(1, math.ceil(seconds))}
    wrapper.starts_services = False
    watch = _Watch(wrapper, seconds)
    watch.start()
    try:
        yield
    finally:
        del wrapper.get_connection_params, wrapper.starts_services
        if watch.stop():
            with contextlib.suppress(Exception):
                wrapper.close()


class _Watch(threading.Thread):
    """Cuts the connection once the time is over, until `stop`."""

    def __init__(self, wrapper: Any, seconds: float) -> None:
        super().__init__(name="database-bound", daemon=True)
        self._wrapper = wrapper
        self._seconds = seconds
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._cut = False

    def run(self) -> None:
        pause = self._seconds
        while not self._stopped.wait(pause):
            with self._lock:
                if not self._stopped.is_set() and self._wrapper.connection is not None:
                    self._cut = True
                    _shut_down(self._wrapper.connection)
            pause = _AGAIN

    def stop(self) -> bool:
        """End the thread. Returns whether it has cut the connection."""
        with self._lock:
            self._stopped.set()
            return self._cut


def _shut_down(link: Any) -> None:
    """Shut the socket of a psycopg connection down: whoever waits for it gets an error."""
    with contextlib.suppress(Exception), socket.socket(fileno=os.dup(link.pgconn.socket)) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)
