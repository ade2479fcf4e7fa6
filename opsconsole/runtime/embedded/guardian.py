"""The guardian: one process per data directory that runs PostgreSQL and Redis while somebody needs them (no ORM).

    python -m opsconsole.runtime.embedded.guardian DATA SERVICE...

In: a data directory whose services.lock is held shared by whoever needs the services. Out: servers that answer on
their sockets; one JSON line on standard output for whoever started it (`ready`, or `error` with the reason), remarks
in services.log. It promises to restart a server that dies, to leave LINGER seconds after the last holder (at once
after SIGTERM, but never while somebody holds), and to leave nothing running however it dies itself.
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

from opsconsole.runtime.child_process import wake_on_signals
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

LINGER = 5.0  # seconds after the last holder: a row of bin/manage commands does not restart the servers each time
TICK = 0.5  # seconds between looks at the holders; deaths of children wake it at once
# Starts that may fail before the first success: with the backoff 13 s, six times what a killed console needs. On a
# full disk waiting does not help.
FIRST_TRIES = 8
FIRST_TRIES_FULL = 3
SOCKET_GRACE = 10.0  # seconds in which a server that has just started may not have its socket yet
_FULL = 1024 * 1024  # bytes; below this nothing can be written
_REASONS = ("FATAL", "PANIC", "HINT", "# ", "cannot start yet")


class Guardian:
    """The servers of one data directory and their holders."""

    def __init__(self, layout: Layout, names: Sequence[str]) -> None:
        self.layout = layout
        self.account: Account = account_for(layout)
        binaries: Binaries = find(self.account)
        available: dict[str, Server] = {"postgres": Postgres(layout, self.account, binaries)}
        available["redis"] = Redis(layout, self.account, binaries)
        self.servers = [available[name] for name in names]
        self.monitors = [ProcessMonitor(server, say) for server in self.servers]
        self.notes = [binaries.note]
        self._log_start = _size(layout.log)
        self._leaving = False
        self._wake = wake_on_signals()
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, self._hurry)
        signal.signal(signal.SIGINT, self._hurry)

    def prepare(self) -> None:
        """Directories and the cluster. Raises ServicesError."""
        for server in self.servers:
            server.prepare()
        self.notes += [server.note for server in self.servers]
        socket_directory.remove(self.layout)
        socket_directory.make(self.layout, self.account)

    def start(self) -> None:
        """Start the servers and wait until they answer. Raises ServicesError when one keeps dying."""
        while not all(answering(self.layout, server.name) for server in self.servers):
            for monitor in self.monitors:
                monitor.tick(time.monotonic())
                if monitor.failures >= (FIRST_TRIES_FULL if self._disk_is_full() else FIRST_TRIES):
                    raise ServicesError(self._explain(monitor.program.name))
            self._sleep(0.02)

    def run(self, holders: FileLock) -> None:
        """Watch until nobody has held the services for a while. `holders` is then held exclusively: nobody comes in."""
        alone_since: float | None = None
        while True:
            now = time.monotonic()
            for monitor in self.monitors:
                monitor.tick(now)
            self._check_sockets(now)
            if not holders.acquire(shared=False):
                alone_since = None
            else:
                alone_since = now if alone_since is None else alone_since
                if self._leaving or now - alone_since >= LINGER:
                    return
                holders.release()
            self._sleep(TICK)

    def stop(self) -> None:
        for monitor in reversed(self.monitors):
            monitor.end(time.monotonic())
            while not monitor.ended:
                self._sleep(TICK)
                monitor.tick(time.monotonic())
        socket_directory.remove(self.layout)

    def _check_sockets(self, now: float) -> None:
        """A cleaner of /tmp may take the sockets away under running servers: make room and start those again."""
        for monitor in self.monitors:
            if monitor.running_for(now) > SOCKET_GRACE and not self.layout.socket(monitor.program.name).exists():
                say(f"the socket of {monitor.program.name} has gone")
                socket_directory.make(self.layout, self.account)
                monitor.restart()

    def _explain(self, name: str) -> str:
        if self._disk_is_full():
            return f"{name} cannot start: the disk of {self.layout.data} is full. Free some space and start again."
        return f"{name} cannot start: {_last_words(self.layout.log, self._log_start)} (more in {self.layout.log})"

    def _disk_is_full(self) -> bool:
        return any(free_bytes(path) < _FULL for path in (self.layout.data, self.layout.cluster.resolve().parent))

    def _sleep(self, seconds: float) -> None:
        if select.select([self._wake], [], [], seconds)[0]:
            os.read(self._wake, 4096)

    def _hurry(self, _signal: int, _frame: object) -> None:
        self._leaving = True


def main(argv: Sequence[str]) -> int:
    """Run the services of a data directory; the exit status is 1 when they cannot run."""
    layout = layout_of(Path(argv[0]))
    names = argv[1:]
    with FileLock(layout.guardian_lock) as alone, FileLock(layout.services_lock) as holders:
        if not _become_the_one(alone):
            return 0  # another guardian is at work; whoever started us waits for that one
        alone.write(json.dumps({"pid": os.getpid(), "services": list(names)}))
        try:
            guardian = Guardian(layout, names)
            _serve(guardian, holders)
        except (ServicesError, OSError) as error:
            text = str(error) if isinstance(error, ServicesError) else f"The embedded services cannot run: {error}."
            say(text)
            _report(error=text)
            return 1
    return 0


def _serve(guardian: Guardian, holders: FileLock) -> None:
    try:
        guardian.prepare()
        guardian.start()
        _report(ready=True, notes=[note for note in guardian.notes if note])
        guardian.run(holders)
    finally:
        guardian.stop()


def _become_the_one(alone: FileLock) -> bool:
    """Take the guardian's lock; somebody who merely looks whether it is held may stand in the way for an instant."""
    for _ in range(20):
        if alone.acquire(shared=False):
            return True
        time.sleep(0.02)
    return False


def _report(**message: object) -> None:
    """One line to whoever started us; they may be gone."""
    with contextlib.suppress(OSError):
        os.write(1, (json.dumps(message) + "\n").encode())
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def say(text: str) -> None:
    """A line in services.log (our standard error); a full disk does not stop the guardian."""
    with contextlib.suppress(OSError):
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        os.write(2, f"{stamp} UTC guardian: {text}\n".encode())


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _last_words(log: Path, start: int) -> str:
    """What the servers gave as reasons since `start` bytes into the log."""
    with log.open(errors="replace") as file:
        file.seek(start)
        said = [line.strip() for line in file if any(word in line for word in _REASONS)]
    return "; ".join(dict.fromkeys(line.split("] ", 1)[-1] for line in said[-3:])) or "it gave no reason"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
