"""Keeps one server running: start, notice its death, start again, stop in order (no ORM)."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from opsconsole.embedded.account import Account
from opsconsole.embedded.server import NotYet, Server, spawn
from opsconsole.lib.children import backoff

FIRST_DELAY = 0.1  # seconds; a server that was killed once is back at once
MOST_DELAY = 10.0
STEADY = 30.0  # seconds of running after which earlier deaths are forgotten


class Keeper:
    """The state of one server: running, or waiting for its next start. Times are seconds of the monotonic clock."""

    def __init__(self, server: Server, account: Account, say: Callable[[str], None]) -> None:
        self.server = server
        self._account = account
        self._say = say
        self._child: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._next_start = 0.0
        self.failures = 0

    def tick(self, now: float) -> None:
        """Note a death; start the server when its time has come."""
        if self._child is not None and self._child.poll() is not None:
            self._note_death(self._child.returncode, now)
        if self._child is None and now >= self._next_start:
            self._start(now)

    def running_for(self, now: float) -> float:
        """Seconds since the start; 0 while it does not run."""
        return now - self._started if self._child else 0.0

    def restart(self) -> None:
        """The server runs but cannot be reached any more: end it, tick() starts it again."""
        if self._child is not None:
            self._child.send_signal(self.server.shutdown.steps[0][0])

    def stop(self) -> None:
        """End the server, ever more firmly. Returns when it has gone."""
        if self._child is None:
            return
        for sig, patience in self.server.shutdown.steps:
            self._child.send_signal(sig)
            try:
                self._child.wait(patience)
                break
            except subprocess.TimeoutExpired:
                self._say(f"{self.server.name} did not stop within {patience:.0f} s of {sig.name}")
        self._child = None

    def _start(self, now: float) -> None:
        try:
            self.server.before_start()
            self._child = spawn(self.server, self._account)
        except (NotYet, OSError, subprocess.SubprocessError) as error:
            self._say(f"{self.server.name} cannot start yet: {error}")
            self._postpone(now)
            return
        self._started = now

    def _note_death(self, status: int, now: float) -> None:
        self._child = None
        if now - self._started > STEADY:
            self.failures = 0
        self._postpone(now)
        self._say(f"{self.server.name} ended with status {status}; next start in {self._next_start - now:.1f} s")

    def _postpone(self, now: float) -> None:
        self.failures += 1
        self._next_start = now + backoff(self.failures, FIRST_DELAY, MOST_DELAY)
