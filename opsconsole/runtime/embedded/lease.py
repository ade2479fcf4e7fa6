"""Holding the services: whoever needs PostgreSQL or Redis holds services.lock, and they run (no ORM)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import SERVICES, Layout, Located, layout_of, locate
from opsconsole.runtime.embedded.liveness import answering
from opsconsole.runtime.embedded.socket_directory import check_private
from opsconsole.runtime.file_locks import FileLock, is_held

GUARDIAN = "opsconsole.runtime.embedded.guardian"
# Cold start takes under 2 s; recovery after a crash under heavy writing, on a slow disk, was 20 s.
PATIENCE = 120.0
_PAUSE = 0.02  # seconds between looks while waiting
# What the guardian needs of our environment; secrets of the console are none of its business.
_INHERITED = ("PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH")
_LOG_BYTES = 5_000_000  # services.log is kept once more under another name when it is longer


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"note: {text}\n")


class Lease:
    """The services of one data directory, running until close() (or the death of this process and its forks)."""

    def __init__(self, layout: Layout, services: Collection[str], notify: Callable[[str], None]) -> None:
        self.layout = layout
        self.located: Located = locate(layout.data)
        self._services = [name for name in SERVICES if name in services]
        self._notify = notify
        self._child: subprocess.Popen[bytes] | None = None  # the guardian, if we started it; kept to be reaped
        try:
            layout.data.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(layout.services_lock)
        except OSError as error:
            raise unusable(layout.data, error) from error

    def ensure(self) -> None:
        """Wait until the services answer, starting the guardian if there is none. Raises ServicesError."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            # Not while a guardian shuts its servers down: it has the lock exclusively until it is gone.
            if self._lock.acquire(shared=True):
                if not self.guarded():
                    self._start_guardian()
                check_private(self.layout)
                # In this order: a guardian that was killed takes its servers along a moment later, and until then
                # they answer. One that is seen after they answered was alive when they did.
                if all(answering(self.layout, name) for name in self._services) and self.guarded():
                    return
                self._check_services_run()
            time.sleep(_PAUSE)
        raise ServicesError(
            f"The embedded services do not answer after {PATIENCE:.0f} s; {self.layout.log} says why. "
            "If another machine or container uses the same data directory, stop it there."
        )

    def guarded(self) -> bool:
        """Whether the guardian lives."""
        return is_held(self.layout.guardian_lock)

    def close(self, *, wait: float = 0.0) -> bool:
        """Let go. With `wait`, ask the guardian to leave at once if nobody else holds, and wait up to so many seconds.

        True when no guardian runs any more.
        """
        self._lock.close()
        if not wait:
            return not self.guarded()
        deadline = time.monotonic() + wait
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if (pid := self._guardian().get("pid")) and self.guarded():
                os.kill(pid, signal.SIGTERM)
        while self.guarded() and not self._held_by_others() and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if self._child is not None:
            self._child.poll()
        return not self.guarded()

    def _start_guardian(self) -> None:
        """Start the guardian and hear its report. Raises ServicesError with its reason when it cannot run."""
        try:
            _rotate(self.layout.log)
            with open(self.layout.log, "ab") as log:
                child = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "opsconsole.runtime.embedded.guardian",
                        str(self.layout.data),
                        *self._services,
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=Path(__file__).parents[3],  # where -m finds this package
                    env={name: os.environ[name] for name in _INHERITED if name in os.environ},
                    umask=0o077,
                    start_new_session=True,  # it outlives us and hears no Ctrl-C
                )
        except OSError as error:
            raise unusable(self.layout.data, error) from error
        self._child = child
        assert child.stdout is not None
        with child.stdout as report:
            line = report.readline() if select.select([report], [], [], PATIENCE)[0] else b""
        message: dict[str, Any] = json.loads(line) if line else {}
        for note in message.get("notes", []):
            self._notify(note)
        if "error" in message:
            child.wait()
            raise ServicesError(message["error"])

    def _check_services_run(self) -> None:
        """A guardian that was started for fewer services will never start the rest."""
        running = self._guardian().get("services", self._services)
        missing = [name for name in self._services if name not in running]
        if missing:
            raise ServicesError(
                f"The services of {self.layout.data} were started without {' and '.join(missing)}, because "
                "DATABASE_URL or REDIS_URL was set there. Set it here too, or stop that console first."
            )

    def _guardian(self) -> dict[str, Any]:
        try:
            with FileLock(self.layout.guardian_lock) as lock:
                found = json.loads(lock.read())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def _held_by_others(self) -> bool:
        with FileLock(self.layout.services_lock) as lock:
            return not lock.acquire(shared=False) and lock.acquire(shared=True)


def acquire(data_dir: Path, services: Collection[str] = SERVICES, notify: Callable[[str], None] = _to_stderr) -> Lease:
    """Make the embedded services of a data directory run and keep them running while the result is open.

    Returns when they answer. `notify` gets remarks for the operator (e.g. where root's data lies). Forks share the
    hold. Raises ServicesError, whose text says what is wrong and what to do.
    """
    lease = Lease(layout_of(data_dir), services, notify)
    try:
        lease.ensure()
    except ServicesError:
        lease.close()
        raise
    except OSError as error:
        lease.close()
        raise unusable(lease.layout.data, error) from error
    return lease


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
