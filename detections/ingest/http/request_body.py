"""Reads the body of a WSGI request, also one that is chunked or cut short (no ORM)."""

from __future__ import annotations

from typing import Any

from detections.ingest.protocol.errors import Refused

_STEP = 64 * 1024

Environ = dict[str, Any]


class Body:
    """The raw body, read from the server's stream. SDKs also send chunked bodies, which have no Content-Length.

    Raises Refused: 400 when it ends before its announced length or its stream breaks, 413 when it is longer than
    `limit` bytes (before reading, where its length is announced).
    """

    def __init__(self, environ: Environ, limit: int) -> None:
        self._limit = limit
        self._announced = _length(environ, limit)
        self._stream = environ["wsgi.input"]
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
        try:
            while self._size < size and (part := self._stream.read(min(size - self._size, _STEP))):
                self._parts.append(part)
                self._size += len(part)
        except Exception:  # each server has its own errors for a broken stream
            raise Refused(400, "The body could not be read.", "chunked encoding or connection") from None


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
