"""The guardian: one process for each data directory that runs PostgreSQL and Redis while they are leased (no ORM).

    python -m opsconsole.runtime.embedded.guardian DATA SERVICE...

In: a data directory; each lease is a shared lock on its services.lock. Out: servers that answer on their sockets; one
JSON line on standard output for the process that started it (`ready`, or `error` with the reason); a log in
services.log. It restarts a server that dies and exits LINGER seconds after the last lease ended (after SIGTERM as soon
as there is no lease). Its servers die with it, also on kill -9.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from opsconsole.runtime.child_process import signal_wakeup_fd
from opsconsole.runtime.embedded import socket_directory
from opsconsole.runtime.embedded.binaries import Binaries, find
from opsconsole.runtime.embedded.errors import ServicesError
from opsconsole.runtime.embedded.layout import Layout, layout_of
from opsconsole.runtime.embedded.liveness import answering
from opsconsole.runtime.embedded.postgres import Postgres, free_bytes
from opsconsole.runtime.embedded.redis import Redis
from opsconsole.runtime.embedded.server import Server
from opsconsole.runtime.embedded.server_user import Account, account_for
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.process_monitor import ProcessMonitor

LINGER = 5.0  # seconds after the last lease, so that consecutive bin/manage commands do not restart the servers
TICK = 0.5  # seconds between checks for leases; the death of a child wakes the loop immediately
# Failed starts before the guardian gives up. With the backoff 8 take 13 s, six times as long as the servers need after
# a console was killed; on a full disk waiting does not help.
MAX_START_FAILURES = 8
MAX_START_FAILURES_DISK_FULL = 3
SOCKET_GRACE = 10.0  # seconds that a server has to create its socket after a start
_FULL_BELOW = 1024 * 1024  # bytes
_ERROR_MARKS = ("FATAL", "PANIC", "HINT", "# ", "cannot start yet")


class Guardian:
    """The servers of one data directory."""

    def __init__(self, layout: Layout, names: Sequence[str]) -> None:
        self.layout = layout
        self.account: Account = account_for(layout)
        binaries: Binaries = find(self.account)
        available: dict[str, Server] = {"postgres": Postgres(layout, self.account, binaries)}
        available["redis"] = Redis(layout, self.account, binaries)
        self.servers = [available[name] for name in names]
        self.monitors = [ProcessMonitor(server, log) for server in self.servers]
        self.notes = [binaries.note]
        self._log_start = _size(layout.log)
        self._stop_requested = False
        self._wakeup_fd = signal_wakeup_fd()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._request_stop)
        signal.signal(signal.SIGINT, self._request_stop)

    def prepare(self) -> None:
        """Create the directories and, if need be, the database cluster. Raises ServicesError."""
        for server in self.servers:
            server.prepare()
        self.notes += [server.note for server in self.servers]
        socket_directory.remove(self.layout)
        socket_directory.create(self.layout, self.account)

    def start(self) -> None:
        """Start the servers and wait until they answer. Raises ServicesError when one repeatedly fails to start."""
        while not all(answering(self.layout, server.name) for server in self.servers):
            for monitor in self.monitors:
                monitor.tick(time.monotonic())
                if monitor.failures >= (MAX_START_FAILURES_DISK_FULL if self._disk_is_full() else MAX_START_FAILURES):
                    raise ServicesError(self._explain(monitor.program.name))
            self._sleep(0.02)

    def run(self, leases: FileLock) -> None:
        """Monitor the servers until there has been no lease for LINGER seconds.

        `leases` is the lock on services.lock. On return it is locked exclusively, so that no new lease begins.
        """
        unused_since: float | None = None
        while True:
            now = time.monotonic()
            for monitor in self.monitors:
                monitor.tick(now)
            self._check_sockets(now)
            if not leases.acquire(shared=False):
                unused_since = None
            else:
                unused_since = now if unused_since is None else unused_since
                if self._stop_requested or now - unused_since >= LINGER:
                    return
                leases.release()
            self._sleep(TICK)

    def stop(self) -> None:
        for monitor in reversed(self.monitors):
            monitor.end(time.monotonic())
            while not monitor.ended:
                self._sleep(TICK)
                monitor.tick(time.monotonic())
        socket_directory.remove(self.layout)

    def _check_sockets(self, now: float) -> None:
        """Restart servers whose sockets were deleted, as jobs that clean /tmp do."""
        for monitor in self.monitors:
            if monitor.running_for(now) > SOCKET_GRACE and not self.layout.socket(monitor.program.name).exists():
                log(f"the socket of {monitor.program.name} has gone")
                socket_directory.create(self.layout, self.account)
                monitor.restart()

    def _explain(self, name: str) -> str:
        if self._disk_is_full():
            return f"{name} cannot start: the disk of {self.layout.data} is full. Free some space and start again."
        return f"{name} cannot start: {_logged_errors(self.layout.log, self._log_start)} (more in {self.layout.log})"

    def _disk_is_full(self) -> bool:
        return any(free_bytes(path) < _FULL_BELOW for path in (self.layout.data, self.layout.cluster.resolve().parent))

    def _sleep(self, seconds: float) -> None:
        if select.select([self._wakeup_fd], [], [], seconds)[0]:
            os.read(self._wakeup_fd, 4096)

    def _request_stop(self, _signal: int, _frame: object) -> None:
        self._stop_requested = True


def main(argv: Sequence[str]) -> int:
    """Run the servers of a data directory. Returns the exit status, 1 when they cannot run."""
    layout = layout_of(Path(argv[0]))
    names = argv[1:]
    with FileLock(layout.guardian_lock) as guardian_lock, FileLock(layout.services_lock) as leases:
        if not _take_guardian_lock(guardian_lock):
            return 0  # another guardian runs; the process that started this one waits for that one
        guardian_lock.write(json.dumps({"pid": os.getpid(), "services": list(names)}))
        try:
            guardian = Guardian(layout, names)
            _serve(guardian, leases)
        except (ServicesError, OSError) as error:
            text = str(error) if isinstance(error, ServicesError) else f"The embedded services cannot run: {error}."
            log(text)
            _report(error=text)
            return 1
    return 0


def _serve(guardian: Guardian, leases: FileLock) -> None:
    try:
        guardian.prepare()
        guardian.start()
        _report(ready=True, notes=[note for note in guardian.notes if note])
        guardian.run(leases)
    finally:
        guardian.stop()


def _take_guardian_lock(lock: FileLock) -> bool:
    """Take the guardian's lock. Retries for 0.4 s, since `is_locked` of another process locks it for an instant."""
    for _ in range(20):
        if lock.acquire(shared=False):
            return True
        time.sleep(0.02)
    return False


def _report(**message: object) -> None:
    """Write one JSON line for the process that started this one, which may have ended."""
    with contextlib.suppress(OSError):
        os.write(1, (json.dumps(message) + "\n").encode())
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def log(text: str) -> None:
    """Write a line to services.log, the standard error of this process. Ignores a full disk."""
    with contextlib.suppress(OSError):
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        os.write(2, f"{stamp} UTC guardian: {text}\n".encode())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _logged_errors(path: Path, start: int) -> str:
    """The servers' last errors in a log from byte `start` on, joined by semicolons."""
    with path.open(errors="replace") as file:
        file.seek(start)
        errors = [line.strip() for line in file if any(word in line for word in _ERROR_MARKS)]
    return "; ".join(dict.fromkeys(line.split("] ", 1)[-1] for line in errors[-3:])) or "it gave no reason"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
