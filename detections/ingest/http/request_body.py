"""Reads a request from WSGI: headers, and the body also when it is chunked, slow or cut short (no ORM)."""

from __future__ import annotations

import socket
import struct
from typing import Any

from detections.ingest.http.deadlines import Deadlines
from detections.ingest.protocol.errors import Refused

# A client that sends nothing for so long does not hold a thread any more.
STALL_SECONDS = 10
_STALL = struct.pack("ll", STALL_SECONDS, 0)  # a C timeval
_STEP = 64 * 1024

Environ = dict[str, Any]


class Body:
    """The raw body, from the server's stream: SDKs also send chunked bodies, which have no Content-Length.

    Raises Refused: 400 when it ends before its announced length or its chunks are malformed, 408 when the client
    stalls or is too slow, 413 when it is longer than `limit` (at once, where its length is announced).
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
        """Its first bytes, `size` of them where it has so many."""
        self._read_to(size if self._announced is None else min(size, self._announced))
        return b"".join(self._parts)

    def whole(self) -> bytes:
        """All of it, with what was read already."""
        self._read_to(self._limit + 1 if self._announced is None else self._announced)
        if self._size > self._limit:
            raise Refused(413, "The body is too large.", f"allowed: {self._limit} bytes")
        if self._announced is not None and self._size < self._announced:
            came = f"{self._size} of {self._announced} bytes came"
            raise Refused(400, "The body is shorter than its Content-Length.", came)
        return b"".join(self._parts)

    def _read_to(self, size: int) -> None:
        if self._size >= size:
            return
        _limit_stall(self._connection)
        with self._deadlines.over(self._connection) as reading:
            try:
                while self._size < size and (part := self._stream.read(min(size - self._size, _STEP))):
                    self._parts.append(part)
                    self._size += len(part)
                    reading.more(len(part))
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
    """The announced length; None when the body ends with its stream (chunked)."""
    said = environ.get("CONTENT_LENGTH", "").strip()
    if not said:
        ends = environ.get("wsgi.input_terminated") or "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        return None if ends else 0
    if not (said.isascii() and said.isdigit()):
        raise Refused(400, "The Content-Length is malformed.", "Content-Length")
    if int(said[:20]) > limit:
        raise Refused(413, "The body is too large.", f"allowed: {limit} bytes")
    return int(said)


def _limit_stall(connection: Any) -> None:
    """From now on a read of the client's socket gives up after STALL_SECONDS.

    By the kernel's own limit: Python's timeouts would switch the socket to non-blocking and poll before every read.
    """
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _STALL)
