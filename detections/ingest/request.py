"""Reads a request from WSGI: headers, and the body also when it is chunked, slow or cut short (no ORM)."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import Any

from detections.ingest.errors import Refused

# A client that sends nothing for so long does not hold a thread any more.
STALL_SECONDS = 10
_STALL = struct.pack("ll", STALL_SECONDS, 0)  # a C timeval
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
    _limit_stall(environ.get("gunicorn.socket"))
    try:
        body = _read(environ["wsgi.input"].read, limit + 1 if announced is None else announced)
    except (TimeoutError, BlockingIOError):
        raise Refused(408, "The body did not arrive in time.", f"allowed: {STALL_SECONDS} s without a byte") from None
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


def _limit_stall(connection: Any) -> None:
    """From now on a read of the client's socket gives up after STALL_SECONDS.

    By the kernel's own limit: Python's timeouts would switch the socket to non-blocking and poll before every read.
    """
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _STALL)
