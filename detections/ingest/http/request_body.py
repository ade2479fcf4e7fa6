"""Reads the body of a WSGI request, also one that is chunked, slow or cut short (no ORM)."""

from __future__ import annotations

import socket
import struct
from typing import Any

from detections.ingest.http.deadlines import Deadlines
from detections.ingest.protocol.errors import Refused

# Reading ends when a client sends nothing for this long.
STALL_SECONDS = 10
_STALL = struct.pack("ll", STALL_SECONDS, 0)  # a C timeval
_STEP = 64 * 1024

Environ = dict[str, Any]


class Body:
    """The raw body, read from the server's stream. SDKs also send chunked bodies, which have no Content-Length.

    Raises Refused: 400 when it ends before its announced length or its chunks are malformed, 408 when the client
    stalls or is too slow, 413 when it is longer than `limit` bytes (before reading, where its length is announced).
    """

    def __init__(self, environ: Environ, limit: int, deadlines: Deadlines) -> None:
        self._limit = limit
        self._deadlines = deadlines
        self._announced = _length(environ, limit)
        self._stream = environ["wsgi.input"]
        self._connection = environ.get("gunicorn.socket")
        self._parts: list[bytes] = []
        self._size = 0

    def first(self, size: int) -> bytes:
        """The first `size` bytes, or all of a shorter body."""
        self._read_to(size if self._announced is None else min(size, self._announced))
        return b"".join(self._parts)

    def whole(self) -> bytes:
        """The whole body, including what `first` has read."""
        self._read_to(self._limit + 1 if self._announced is None else self._announced)
        if self._size > self._limit:
            raise Refused(413, "The body is too large.", f"allowed: {self._limit} bytes")
        if self._announced is not None and self._size < self._announced:
            received = f"received: {self._size} of {self._announced} bytes"
            raise Refused(400, "The body is shorter than its Content-Length.", received)
        return b"".join(self._parts)

    def _read_to(self, size: int) -> None:
        if self._size >= size:
            return
        _limit_stall(self._connection)
        with self._deadlines.watch(self._connection) as reading:
            try:
                while self._size < size and (part := self._stream.read(min(size - self._size, _STEP))):
                    self._parts.append(part)
                    self._size += len(part)
                    reading.received(len(part))
            except (TimeoutError, BlockingIOError):
                raise _late(f"allowed: {STALL_SECONDS} s without a byte") from None
            except Exception:  # each server has its own errors for a broken stream
                if not reading.late:
                    raise Refused(400, "The body could not be read.", "chunked encoding or connection") from None
        if reading.late:
            raise _late(f"allowed: {self._deadlines.seconds:.0f} s and a second for each 50 kB")


def _late(allowed: str) -> Refused:
    return Refused(408, "The body did not arrive in time.", allowed)


def _length(environ: Environ, limit: int) -> int | None:
    """Content-Length in bytes; None where the body ends with its stream (chunked). Raises Refused: 400, 413."""
    value = environ.get("CONTENT_LENGTH", "").strip()
    if not value:
        ends = environ.get("wsgi.input_terminated") or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        return None if ends else 0
    if not (value.isascii() and value.isdigit()):
        raise Refused(400, "The Content-Length is malformed.", "Content-Length")
    if int(value[:20]) > limit:
        raise Refused(413, "The body is too large.", f"allowed: {limit} bytes")
    return int(value)


def _limit_stall(connection: Any) -> None:
    """Makes reads of the client's socket fail after STALL_SECONDS without a byte.

    With the kernel's option: a timeout of Python's would make the socket non-blocking and poll before every read.
    """
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _STALL)
