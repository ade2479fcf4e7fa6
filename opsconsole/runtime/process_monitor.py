"""Keeps one child process running: start, notice its death, start again with growing pauses, end it in order (no ORM).

In: a program and, from time to time, the time. Out: signals and starts. It never waits; whoever owns it calls tick().
Used by the guardian for the servers and by the supervisor for web, worker and beat.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Protocol

FIRST_DELAY = 0.1  # seconds; a program that was killed once is back at once
MOST_DELAY = 10.0
STEADY = 30.0  # seconds of running after which earlier deaths are forgotten


class NotYet(Exception):
    """The program cannot be started at this moment, for a reason that passes by itself."""


class Child(Protocol):
    """A running process that leads its own process group; subprocess.Popen is one."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""


class Program(Protocol):
    """What is kept running."""

    @property
    def name(self) -> str: ...

    @property
    def shutdown(self) -> tuple[tuple[signal.Signals, float], ...]:
        """Signals that end it, each with the seconds that it is given before the next."""

    def start(self) -> Child:
        """Raises NotYet or OSError when that is not possible now."""


class ProcessMonitor:
    """One program's state: running, waiting for its next start, ending, ended. Times are monotonic seconds."""

    def __init__(self, program: Program, say: Callable[[str], None], *, may_finish: bool = False) -> None:
        """`may_finish`: when it ends by itself with status 0, it has done its work and is not started again."""
        self.program = program
        self._may_finish = may_finish
        self.failures = 0
        self._say = say
        self._child: Child | None = None
        self._started = 0.0
        self._next_start = 0.0
        self._ending: list[tuple[signal.Signals, float]] | None = None
        self._next_step = 0.0

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def ended(self) -> bool:
        """Told to end, or done with its work, and gone."""
        return self._ending is not None and self._child is None

    def running_for(self, now: float) -> float:
        """Seconds since the start; 0 while it does not run."""
        return now - self._started if self._child else 0.0

    def tick(self, now: float) -> None:
        """Note a death; start the program when its time has come, or press harder when it is to end."""
        status = self._child.poll() if self._child else None
        if status is not None:
            self._note_death(status, now)
        if self._ending is not None:
            self._press(now)
        elif self._child is None and now >= self._next_start:
            self._start(now)

    def end(self, now: float) -> None:
        """End it; ended tells when it has gone. A second call skips the patience that is left."""
        if self._ending is None:
            self._ending = list(self.program.shutdown)
        self._next_step = now
        self._press(now)

    def restart(self) -> None:
        """End it once; tick() starts it again."""
        self._signal(self.program.shutdown[0][0])

    def _press(self, now: float) -> None:
        if self._child is None or not self._ending or now < self._next_step:
            return
        sig, patience = self._ending.pop(0)
        self._next_step = now + patience
        self._signal(sig)

    def _signal(self, sig: signal.Signals) -> None:
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # By force means: with everything that it started.
            (os.killpg if sig == signal.SIGKILL else os.kill)(self._child.pid, sig)

    def _start(self, now: float) -> None:
        try:
            self._child = self.program.start()
        except (NotYet, OSError) as error:
            self._say(f"{self.program.name} cannot start yet: {error}")
            self._postpone(now)
        else:
            self._started = now

    def _note_death(self, status: int, now: float) -> None:
        self._child = None
        if self._ending is not None:
            return
        if self._may_finish and status == 0:
            self._ending = []
            return
        if now - self._started > STEADY:
            self.failures = 0
        self._postpone(now)
        cause = f"signal {-status}" if status < 0 else f"status {status}"
        self._say(f"{self.program.name} ended with {cause}; next start in {self._next_start - now:.1f} s")

    def _postpone(self, now: float) -> None:
        self.failures += 1
        self._next_start = now + min(MOST_DELAY, FIRST_DELAY * 2 ** min(self.failures - 1, 16))
