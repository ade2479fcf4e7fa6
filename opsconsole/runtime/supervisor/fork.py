"""Forked children, which share the memory of imported modules with this process (no ORM)."""

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
    """A forked child. `output` is a descriptor to read its standard output and error from."""

    def __init__(self, pid: int, output: int) -> None:
        self.pid = pid
        self.output = output
        self._status: int | None = None

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
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
    """What a fork runs. `run` returns its exit status or raises SystemExit."""

    argv: tuple[str, ...]
    run: Callable[[], object]
    environ: Mapping[str, str]
    on_parent_death: signal.Signals


def fork(target: ForkTarget, name: str, close: Collection[int] = (), keep: socket.socket | None = None) -> Fork:
    """Run `target` in a fork that leads its own process group and dies with this process. Call from the main thread.

    The child closes the descriptors `close`; its own children inherit the socket `keep`.
    """
    reader, writer = os.pipe()
    set_death_signal = die_with_parent(target.on_parent_death)
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        os.close(writer)
        os.set_blocking(reader, False)
        return Fork(pid, reader)
    try:
        os.setsid()
        set_death_signal()
        _reset_signals_and_close([reader, *close])
        _redirect(writer)
        if keep is not None:
            keep.set_inheritable(True)
        status = _run(target, name)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


def _reset_signals_and_close(descriptors: Collection[int]) -> None:
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


def _run(target: ForkTarget, name: str) -> int:
    sys.argv = list(target.argv)
    os.environ.clear()
    os.environ.update(target.environ)
    _set_name(name)
    try:
        result = target.run()
    except SystemExit as exit_:
        result = exit_.code
    if isinstance(result, str):
        sys.stderr.write(result + "\n")
    return result if isinstance(result, int) else int(result is not None)


def _set_name(name: str) -> None:
    """Set the name that `ps` and `top` show, at most 15 characters."""
    try:
        with open("/proc/self/comm", "w") as comm:
            comm.write(f"ops-{name}"[:15])
    except OSError:
        return
