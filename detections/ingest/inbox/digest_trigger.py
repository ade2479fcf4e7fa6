"""Sends the digest task after commits, in its own thread, so that the flusher never waits for Redis."""

from __future__ import annotations

import os
import threading
import time

from opsconsole.lib.task_trigger import send_once

# Between two sends. An event waits at most this long for its digest, and at 25 events a second there are four digests
# of several events instead of 25.
PAUSE_SECONDS = 0.25


class DigestTrigger:
    """Sends `task` soon after `send_soon`; at most one is queued over all processes."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._pid = 0
        self._requested = threading.Event()

    def send_soon(self) -> None:
        """Requests a send and returns without waiting. Only one thread of a process may call it."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="digest-trigger", daemon=True).start()
        self._requested.set()

    def _run(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            send_once(self._task)
            time.sleep(PAUSE_SECONDS)
