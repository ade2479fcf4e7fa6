"""A connection whose every wait ends at one deadline."""

from __future__ import annotations

import io
import socket
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class AnswerTooLong(OSError):
    """The other side sent more than was agreed."""


def remaining(deadline: float) -> float:
    """Seconds until `deadline`, of `time.monotonic`. Raises TimeoutError when there are none left."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


class BoundedSocket:
    """What `http.client.HTTPResponse` needs of a socket, and sending.

    A timeout of a socket begins anew with each byte that comes; here one byte a second ends at `deadline` too. Raises
    TimeoutError then, AnswerTooLong after `allowance` bytes.
    """

    def __init__(self, link: socket.socket, deadline: float, allowance: int) -> None:
        self._link, self._deadline, self._allowance = link, deadline, allowance

    def sendall(self, data: bytes) -> None:
        """Send all of it; raises OSError as sockets do."""
        view = memoryview(data)
        while view:
            self._link.settimeout(remaining(self._deadline))
            view = view[self._link.send(view) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_BoundedReader(self._link, self._deadline, self._allowance))


class _BoundedReader(io.RawIOBase):
    def __init__(self, link: socket.socket, deadline: float, allowance: int) -> None:
        self._link, self._deadline, self._allowance = link, deadline, allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        self._link.settimeout(remaining(self._deadline))
        count = self._link.recv_into(buffer)
        self._allowance -= count
        if self._allowance < 0:
            raise AnswerTooLong("it sends more than an answer may have")
        return count
