"""Reads a request from WSGI: headers, and the body also when it is chunked, slow or cut short (no ORM)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from detections.ingest.errors import Refused

# A body of 20 MiB passes in this time at 0.7 MB/s between two reads; a client that stalls does not hold a thread.
STALL_SECONDS = 10.0
_STEP = 64 * 1024

Environ = dict[str, Any]


def read_body(environ: Environ, limit: int) -> bytes:
    """The raw body, from the server's stream: SDKs also send chunked bodies, which have no Content-Length.

    Raises Refused: 400 when it ends before its announced length or its chunks are malformed, 408 when the client
    stalls, 413 when it is longer than `limit`.
    """
    announced = _length(environ, limit)
    if announced == 0:
        return b""
    with _stall_limit(environ.get("gunicorn.socket")):
        try:
            body = _read(environ["wsgi.input"].read, limit + 1 if announced is None else announced)
        except TimeoutError:
            raise Refused(408, "The body did not arrive in time.", f"allowed: {STALL_SECONDS:.0f} s stalled") from None
        except Exception:  # each server has its own errors for a broken stream
            raise Refused(400, "The body could not be read.", "chunked encoding or connection") from None
    if announced is None and len(body) > limit:
        raise Refused(413, "The body is too large.", f"allowed: {limit} bytes")
    if announced is not None and len(body) < announced:
        raise Refused(400, "The body is shorter than its Content-Length.", f"{len(body)} of {announced} bytes came")
    return body


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


def _read(read: Callable[[int], bytes], size: int) -> bytes:
    parts: list[bytes] = []
    left = size
    while left > 0 and (part := read(min(left, _STEP))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


@contextlib.contextmanager
def _stall_limit(connection: Any) -> Iterator[None]:
    """While inside, a read of the client's socket gives up after STALL_SECONDS."""
    if connection is None:
        yield
        return
    before = connection.gettimeout()
    connection.settimeout(STALL_SECONDS)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            connection.settimeout(before)
