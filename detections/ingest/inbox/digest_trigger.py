"""Sends the digest task after commits, from a thread of its own: the flusher never waits for Redis."""

from __future__ import annotations

import os
import threading
import time

from opsconsole.lib.task_trigger import send_once

# Between two sends: an event is digested within this, and at 25 events a second there are four digests, each of
# several events, in place of 25.
PAUSE_SECONDS = 0.25


class Waker:
    """Sends `task` (once at a time, over all processes) soon after `wake` was called."""

    def __init__(self, task: str) -> None:
        self._task = task
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._pid = 0
        self._work = threading.Event()

    def wake(self) -> None:
        """Returns at once. Called by one thread of a process."""
        if self._pid != os.getpid():
            self._pid = os.getpid()
            threading.Thread(target=self._run, name="waker", daemon=True).start()
        self._work.set()

    def _run(self) -> None:
        while True:
            self._work.wait()
            self._work.clear()
            send_once(self._task)
            time.sleep(PAUSE_SECONDS)
