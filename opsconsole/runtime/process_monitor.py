"""Keeps one child process running: starts it, restarts it after a growing delay, and shuts it down (no ORM).

It never blocks: its owner calls tick() with the current time. The guardian uses it for the servers, the supervisor for
web, worker and beat.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from typing import Protocol

FIRST_DELAY = 0.1  # seconds before the first restart
MAX_DELAY = 10.0
STABLE_AFTER = 30.0  # seconds of running after which earlier failures no longer count


class CannotStartYet(Exception):
    """The program cannot be started now, for a reason that passes by itself."""


class Child(Protocol):
    """A running process that leads its own process group; subprocess.Popen is one."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""


class Program(Protocol):
    """A program to keep running."""

    @property
    def name(self) -> str: ...

    @property
    def shutdown(self) -> tuple[tuple[signal.Signals, float], ...]:
        """The signals that end it, each with the seconds to wait before the next."""

    def start(self) -> Child:
        """Start it. Raises CannotStartYet or OSError when that is not possible now."""


class ProcessMonitor:
    """One program: running, waiting for its next start, shutting down, or ended. Times are monotonic seconds."""

    def __init__(self, program: Program, log: Callable[[str], None], *, may_finish: bool = False) -> None:
        """`may_finish`: after an exit with status 0 the program is not started again."""
        self.program = program
        self._may_finish = may_finish
        self.failures = 0
        self._log = log
        self._child: Child | None = None
        self._started = 0.0
        self._next_start = 0.0
        self._remaining_signals: list[tuple[signal.Signals, float]] | None = None
        self._next_signal_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    @property
    def ended(self) -> bool:
        """Whether it has been shut down or has finished, and no process is left."""
        return self._remaining_signals is not None and self._child is None

    def running_for(self, now: float) -> float:
        """Seconds since the last start; 0 while it does not run."""
        return now - self._started if self._child else 0.0

    def tick(self, now: float) -> None:
        """Notice an exit; start the program when it is due, or send the next signal during a shutdown."""
        status = self._child.poll() if self._child else None
        if status is not None:
            self._note_exit(status, now)
        if self._remaining_signals is not None:
            self._escalate(now)
        elif self._child is None and now >= self._next_start:
            self._start(now)

    def end(self, now: float) -> None:
        """Begin the shutdown; `ended` becomes true when it is complete. Another call sends the next signal now."""
        if self._remaining_signals is None:
            self._remaining_signals = list(self.program.shutdown)
        self._next_signal_at = now
        self._escalate(now)

    def restart(self) -> None:
        """Send the first shutdown signal; tick() starts the program again when it has ended."""
        self._signal(self.program.shutdown[0][0])

    def _escalate(self, now: float) -> None:
        if self._child is None or not self._remaining_signals or now < self._next_signal_at:
            return
        sig, seconds = self._remaining_signals.pop(0)
        self._next_signal_at = now + seconds
        self._signal(sig)

    def _signal(self, sig: signal.Signals) -> None:
        if self._child is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            # SIGKILL goes to the whole process group: everything that the program started.
            (os.killpg if sig == signal.SIGKILL else os.kill)(self._child.pid, sig)

    def _start(self, now: float) -> None:
        try:
            self._child = self.program.start()
        except (CannotStartYet, OSError) as error:
            self._log(f"{self.program.name} cannot start yet: {error}")
            self._postpone(now)
        else:
            self._started = now

    def _note_exit(self, status: int, now: float) -> None:
        self._child = None
        if self._remaining_signals is not None:
            return
        if self._may_finish and status == 0:
            self._remaining_signals = []
            return
        if now - self._started > STABLE_AFTER:
            self.failures = 0
        self._postpone(now)
        cause = f"signal {-status}" if status < 0 else f"status {status}"
        self._log(f"{self.program.name} ended with {cause}; next start in {self._next_start - now:.1f} s")

    def _postpone(self, now: float) -> None:
        self.failures += 1
        self._next_start = now + min(MAX_DELAY, FIRST_DELAY * 2 ** min(self.failures - 1, 16))
