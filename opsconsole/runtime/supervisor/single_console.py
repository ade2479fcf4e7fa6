"""Claims what only one console can have: its data directory and its port (no ORM)."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import time
from pathlib import Path

from opsconsole.runtime.embedded.errors import unusable
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.supervisor import runfile
from opsconsole.runtime.supervisor.errors import CannotStart
from opsconsole.runtime.supervisor.options import Options

# Seconds. After kill -9 of a console its children keep its lock and its port until they have ended.
CLAIM_TIMEOUT = 10.0
BACKLOG = 2048  # connections that wait while web restarts


def claim_data(options: Options) -> FileLock:
    """The exclusive lock of a data directory. Raises CannotStart if a console has it, ServicesError if unusable."""
    try:
        options.data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(runfile.lock_path(options.data))
    except OSError as error:
        raise unusable(options.data, error) from error
    deadline = time.monotonic() + CLAIM_TIMEOUT
    while not lock.acquire(shared=False):
        if _owner_runs(lock) or time.monotonic() > deadline:
            message = _already_runs(options.data, lock)
            lock.close()
            raise CannotStart(message)
        time.sleep(0.05)
    if runfile.unfinished_restore(options.data).exists():
        lock.close()
        raise CannotStart(runfile.refuse_unfinished(options.data))
    lock.write(str(os.getpid()))
    return lock


def claim_port(options: Options) -> socket.socket:
    """The listening socket. The supervisor owns it, so that clients wait while web restarts. Raises CannotStart."""
    deadline = time.monotonic() + CLAIM_TIMEOUT
    while True:
        try:
            return _listen(options.host, options.port)
        except OSError as error:
            # The children of a console that was just killed free the port soon; another program does not.
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline or _answers(options):
                raise CannotStart(_listen_error(options, error)) from error
            time.sleep(0.1)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _answers(options: Options) -> bool:
    with contextlib.suppress(OSError):
        socket.create_connection((options.host, options.port), timeout=1).close()
        return True
    return False


def _listen_error(options: Options, error: OSError) -> str:
    where = f"{options.host} port {options.port}"
    if error.errno == errno.EADDRINUSE:
        return f"Another program listens on {where}. Stop it, or choose another port with --port."
    if error.errno == errno.EACCES:
        return f"This user may not listen on {where}. Choose a port above 1023 with --port."
    if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
        return (
            f"{options.host} is not an address of this machine. Choose another with --host, e.g. 127.0.0.1 or 0.0.0.0."
        )
    return f"Cannot listen on {where} ({error.strerror}). Choose another with --host and --port."


def _owner_runs(lock: FileLock) -> bool:
    text = lock.read()
    return not text.isdigit() or Path(f"/proc/{text}").exists() or not Path("/proc").exists()


def _already_runs(data: Path, lock: FileLock) -> str:
    run = runfile.read(data) or {}
    where, pid = run.get("url", "an unknown address"), run.get("pid", lock.read() or "unknown")
    return (
        f"A console already runs on {data}, at {where} (process {pid}). "
        f"Stop it (Ctrl-C there, or: kill {pid}), or choose another data directory with --data."
    )
