"""Leases on the embedded servers: while any process locks services.lock shared, they run (no ORM)."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import SERVICES, Layout, ServerUrls, layout_of, server_urls
from opsconsole.runtime.embedded.liveness import answering
from opsconsole.runtime.embedded.socket_directory import check_private
from opsconsole.runtime.file_locks import FileLock, is_locked

GUARDIAN = "opsconsole.runtime.embedded.guardian"
# Seconds. A cold start takes under 2; recovery after a crash under heavy writes on a slow disk took 20.
START_TIMEOUT = 120.0
_PAUSE = 0.02  # seconds between checks while waiting
# The variables that the guardian gets; it must not see the secrets of the console.
_INHERITED = ("PATH", "HOME", "PYTHONPATH", "LD_LIBRARY_PATH")
_LOG_BYTES = 5_000_000  # a longer services.log is renamed before the next start


def _to_stderr(text: str) -> None:
    sys.stderr.write(f"note: {text}\n")


class Lease:
    """Keeps the servers of a data directory running until close(), or until this process and its forks have ended."""

    def __init__(self, layout: Layout, services: Collection[str], notify: Callable[[str], None]) -> None:
        self.layout = layout
        self.urls: ServerUrls = server_urls(layout.data)
        self._services = [name for name in SERVICES if name in services]
        self._notify = notify
        self._child: subprocess.Popen[bytes] | None = None  # the guardian, if this process started it; to reap it
        try:
            layout.data.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(layout.services_lock)
        except OSError as error:
            raise unusable(layout.data, error) from error

    def ensure(self) -> None:
        """Wait until the servers answer, and start the guardian if there is none. Raises ServicesError."""
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            # Fails while a guardian stops its servers: until it has exited it locks the file exclusively.
            if self._lock.acquire(shared=True):
                if not self.guarded():
                    self._start_guardian()
                check_private(self.layout)
                # In this order: the servers of a killed guardian still answer until they follow it. A guardian that is
                # found after they answered was alive when they did.
                if all(answering(self.layout, name) for name in self._services) and self.guarded():
                    return
                self._check_services_run()
            time.sleep(_PAUSE)
        raise ServicesError(
            f"The embedded services do not answer after {START_TIMEOUT:.0f} s; {self.layout.log} says why. "
            "If another machine or container uses the same data directory, stop it there."
        )

    def guarded(self) -> bool:
        """Whether the guardian runs."""
        return is_locked(self.layout.guardian_lock)

    def close(self, *, wait: float = 0.0) -> bool:
        """End the lease. Returns whether no guardian runs any more.

        With `wait`, tell the guardian to exit without lingering, and wait up to `wait` seconds unless there are other
        leases.
        """
        self._lock.close()
        if not wait:
            return not self.guarded()
        deadline = time.monotonic() + wait
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if (pid := self._guardian().get("pid")) and self.guarded():
                os.kill(pid, signal.SIGTERM)
        while self.guarded() and not self._others_have_lease() and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        if self._child is not None:
            self._child.poll()
        return not self.guarded()

    def _start_guardian(self) -> None:
        """Start the guardian and wait for its report. Raises ServicesError with its reason when it cannot run."""
        try:
            self._child = child = _spawn_guardian(self.layout, self._services)
        except OSError as error:
            raise unusable(self.layout.data, error) from error
        message = _read_report(child)
        for note in message.get("notes", []):
            self._notify(note)
        if "error" in message:
            child.wait()
            raise ServicesError(message["error"])

    def _check_services_run(self) -> None:
        """Raises ServicesError when the running guardian was started for fewer services: it never starts the others."""
        running = self._guardian().get("services", self._services)
        missing = [name for name in self._services if name not in running]
        if missing:
            raise ServicesError(
                f"The services of {self.layout.data} were started without {' and '.join(missing)}, because "
                "DATABASE_URL or REDIS_URL was set there. Set it here too, or stop that console first."
            )

    def _guardian(self) -> dict[str, Any]:
        """Pid and services of the guardian as its lock file has them; empty if that cannot be read."""
        try:
            with FileLock(self.layout.guardian_lock) as lock:
                content = json.loads(lock.read())
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}

    def _others_have_lease(self) -> bool:
        with FileLock(self.layout.services_lock) as lock:
            return not lock.acquire(shared=False) and lock.acquire(shared=True)


def acquire(data_dir: Path, services: Collection[str] = SERVICES, notify: Callable[[str], None] = _to_stderr) -> Lease:
    """Start the embedded servers of a data directory if need be, and keep them running while the lease is open.

    Returns when they answer. `notify` gets messages for the operator, e.g. where the data of root is. Forks share the
    lease. Raises ServicesError, whose text says what is wrong and what to do.
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


def _spawn_guardian(layout: Layout, services: Sequence[str]) -> subprocess.Popen[bytes]:
    """The guardian's process, its standard output a pipe, its errors in services.log. Raises OSError."""
    _rotate(layout.log)
    with open(layout.log, "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", GUARDIAN, str(layout.data), *services],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=Path(__file__).parents[3],  # where -m finds this package
            env={name: os.environ[name] for name in _INHERITED if name in os.environ},
            umask=0o077,
            start_new_session=True,  # it outlives this process and gets no Ctrl-C
        )


def _read_report(guardian: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The guardian's JSON line; empty if it ended without one or did not write it in time."""
    assert guardian.stdout is not None
    with guardian.stdout as report:
        line = report.readline() if select.select([report], [], [], START_TIMEOUT)[0] else b""
    message: dict[str, Any] = json.loads(line) if line else {}
    return message


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
