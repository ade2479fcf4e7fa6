"""Children that are forks of this process: nothing is imported again, and memory is shared (no ORM)."""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from opsconsole.runtime.child_process import die_with_parent


class Fork:
    """A forked child; `output` is the reading end of its standard output and error."""

    def __init__(self, pid: int, output: int) -> None:
        self.pid = pid
        self.output = output
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        if self._status is None:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = self.pid, 0
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status


@dataclass(frozen=True)
class ForkTarget:
    """What a fork runs: `run` returns its exit status or raises SystemExit."""

    argv: tuple[str, ...]
    run: Callable[[], object]
    environ: Mapping[str, str]
    on_parent_death: signal.Signals


def fork(entry: ForkTarget, name: str, not_for_it: Collection[int] = (), keep: socket.socket | None = None) -> Fork:
    """Run an entry in a fork that leads its own process group and dies with us. Call from the main thread.

    `not_for_it` are descriptors that the child must not keep open, `keep` a socket that its own children inherit too.
    """
    reader, writer = os.pipe()
    arrange_death = die_with_parent(entry.on_parent_death)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writer)
        os.set_blocking(reader, False)
        return Fork(pid, reader)
    try:
        os.setsid()
        arrange_death()
        _forget_parent([reader, *not_for_it])
        _redirect(writer)
        if keep is not None:
            keep.set_inheritable(True)
        status = _run(entry, name)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def _forget_parent(descriptors: Collection[int]) -> None:
    signal.set_wakeup_fd(-1)
    for sig in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(sig, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for descriptor in descriptors:
        os.close(descriptor)


def _redirect(writer: int) -> None:
    null = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((null, 0), (writer, 1), (writer, 2)):
        os.dup2(source, target)
    os.close(null)
    os.close(writer)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _run(entry: ForkTarget, name: str) -> int:
    sys.argv = list(entry.argv)
    os.environ.clear()
    os.environ.update(entry.environ)
    _set_name(name)
    try:
        result = entry.run()
    except SystemExit as leaving:
        result = leaving.code
    if isinstance(result, str):
        sys.stderr.write(result + "\n")
    return result if isinstance(result, int) else int(result is not None)


def _set_name(name: str) -> None:
    """The name in `ps` and `top`; at most 15 characters."""
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(f"ops-{name}"[:15])
    except OSError:
        return
