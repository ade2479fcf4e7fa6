"""Prints the console's log: the lines of its children, prefixed with their name, and its own (no ORM)."""

from __future__ import annotations

import contextlib
import os
import selectors
from dataclasses import dataclass, field
from typing import TextIO

_WIDTH = 7
_COLOURS = (36, 33, 32, 35, 34, 31)  # ANSI foregrounds, in the order of each process's first line
_CHUNK = 65536
_MAX_LINE = 200_000  # bytes; a longer line is split, so that it does not fill the memory


@dataclass
class _Source:
    name: str
    rest: bytearray = field(default_factory=bytearray)


class Output:
    """Reads the output of children and writes it line by line. The supervisor waits in pump()."""

    def __init__(self, stream: TextIO, wakeup_fd: int) -> None:
        """`wakeup_fd` becomes readable when a signal arrives (see child_process)."""
        self._stream = stream
        self._colour = stream.isatty() and not os.environ.get("NO_COLOR")
        self._names: list[str] = []
        self._wakeup_fd = wakeup_fd
        self._selector = selectors.PollSelector()  # unlike epoll it has no descriptor that forks would inherit
        self._selector.register(wakeup_fd, selectors.EVENT_READ, None)

    def add(self, descriptor: int, name: str) -> None:
        """Read from a child's pipe until it closes."""
        self._selector.register(descriptor, selectors.EVENT_READ, _Source(name))

    @property
    def descriptors(self) -> list[int]:
        """The descriptors that a new fork has to close."""
        return [key.fd for key in self._selector.get_map().values()]

    def pump(self, timeout: float) -> bool:
        """Wait up to `timeout` seconds for output or a signal and write it. Returns whether anything came."""
        ready = self._selector.select(timeout)
        for key, _ in ready:
            self._read(key.fd, key.data)
        return bool(ready)

    def log(self, text: str) -> None:
        """Write a line of the console itself."""
        self._write(text + "\n")

    def _read(self, descriptor: int, source: _Source | None) -> None:
        with contextlib.suppress(BlockingIOError):
            chunk = os.read(descriptor, _CHUNK)
            if source is None:
                return
            source.rest += chunk
            self._write_lines(source, at_end=not chunk)
            if not chunk:
                self._selector.unregister(descriptor)
                os.close(descriptor)

    def _write_lines(self, source: _Source, *, at_end: bool) -> None:
        *lines, rest = source.rest.split(b"\n")
        if rest and (at_end or len(rest) > _MAX_LINE):
            lines.append(rest)
            rest = bytearray()
        source.rest = rest
        self._write("".join(self._prefixed(source.name, line) for line in lines))

    def _prefixed(self, name: str, line: bytes | bytearray) -> str:
        if name not in self._names:
            self._names.append(name)
        head = f"{name:<{_WIDTH}} |"
        if self._colour:
            colour = _COLOURS[self._names.index(name) % len(_COLOURS)]
            head = f"\x1b[{colour}m{head}\x1b[0m"
        return f"{head} {line.decode(errors='replace')}".rstrip() + "\n"

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # the reader has gone; the console runs on
            self._stream.write(text)
            self._stream.flush()
