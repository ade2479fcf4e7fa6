"""Which requests are understood: waitress's parser, with stricter framing and in linear time.

waitress takes Content-Length beside Transfer-Encoding, folded headers, and Transfer-Encoding in HTTP/1.0: a proxy in
front may see another end of the request (request smuggling). Its patterns take time in the square of the length of a
first line, and of blanks before a value: one request could hold the process for minutes.
"""

from __future__ import annotations

import contextlib
import logging
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.parser import HTTPRequestParser

from detections.ingest.protocol.errors import Refused
from opsconsole.web_server.chunked import ChunkedBody
from opsconsole.web_server.refusals import not_buffered

logger = logging.getLogger(__name__)

MAX_FIRST_LINE = 8 * 1024  # bytes
MAX_FIELDS = 100
MAX_DIGITS = 18  # of a Content-Length
VERSIONS = (b"HTTP/1.1", b"HTTP/1.0")


class StrictParser(HTTPRequestParser):
    """One request. `error` is a Refused, or waitress's own error."""

    version = "1.1"  # of the answer, until the first line is read

    def received(self, data: bytes) -> int:
        """Takes bytes of the request; returns how many belong to it."""
        try:
            return int(super().received(data))
        except Refused as refused:
            self.error = refused
        except OSError:  # of the file that a large body is buffered in
            logger.exception("a body could not be buffered on disk")
            self.error = not_buffered()
        self.completed = self.headers_finished = True
        return len(data)

    def close(self) -> None:
        """Frees the body. What a full disk did not take before fails once more here, and is not wanted any more."""
        with contextlib.suppress(OSError):
            super().close()

    def parse_header(self, header_plus: bytes) -> None:
        """Reads first line and headers. Raises Refused, waitress's ParsingError and TransferEncodingNotImplemented."""
        first, *lines = header_plus.split(b"\r\n")
        version = _checked(first)
        fields = [_field(line) for line in lines if line]
        if len(fields) > MAX_FIELDS:
            raise Refused(431, "The request has too many headers.", f"allowed: {MAX_FIELDS}")
        _check_host(version, fields)
        _check_framing(version, fields)
        super().parse_header(b"\r\n".join([first, *(b":".join(field) for field in fields), b"", b""]))
        if self.chunked:
            self.body_rcv: Any = ChunkedBody(OverflowableBuffer(self.adj.inbuf_overflow))


def _checked(first: bytes) -> bytes:
    """The version that the first line names. Raises Refused: 400, 414, 505."""
    if len(first) > MAX_FIRST_LINE:
        raise Refused(414, "The address is too long.", f"allowed: {MAX_FIRST_LINE} bytes")
    parts = first.split(b" ")
    if len(parts) != 3 or not parts[2].startswith(b"HTTP/"):
        raise Refused(400, "The first line is malformed.", "expected: METHOD ADDRESS HTTP/1.1")
    if parts[2] not in VERSIONS:
        raise Refused(505, "This version of HTTP is not supported.", "allowed: HTTP/1.1, HTTP/1.0")
    return parts[2]


def _field(line: bytes) -> tuple[bytes, bytes]:
    """Name and value of a header. Raises Refused (400) for the continuation of another (obsolete folding)."""
    if line[:1] in {b" ", b"\t"}:
        raise Refused(400, "A header is folded.", "allowed: one line for each header")
    name, colon, value = line.partition(b":")
    if not colon:
        raise Refused(400, "A header is malformed.", "expected: Name: value")
    return name, value.strip(b" \t")


def _check_host(version: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    """Raises Refused (400) for two Hosts, which waitress would join, and for none in HTTP/1.1 (RFC 9112, 3.2)."""
    hosts = sum(name.lower() == b"host" for name, _ in fields)
    if hosts > 1:
        raise Refused(400, "The host is given twice.", "Host")
    if not hosts and version == VERSIONS[0]:
        raise Refused(400, "The host is missing, which HTTP/1.1 requires.", "Host")


def _check_framing(version: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    """Raises Refused where the end of the body could be understood in two ways: 400; 413, 501 for what is unusable."""
    lengths = [value for name, value in fields if name.lower() == b"content-length"]
    encodings = [value for name, value in fields if name.lower() == b"transfer-encoding"]
    if len(lengths) + len(encodings) > 1:
        given = [*["Content-Length"] * bool(lengths), *["Transfer-Encoding"] * bool(encodings)]
        raise Refused(400, "The length of the body is given twice.", ", ".join(given))
    if encodings and version != VERSIONS[0]:
        raise Refused(400, "HTTP/1.0 has no chunked bodies.", "Transfer-Encoding")
    if encodings and encodings[0].lower() != b"chunked":
        raise Refused(501, "The transfer encoding is not supported.", "allowed: chunked")
    if lengths and not lengths[0].isdigit():
        raise Refused(400, "The Content-Length is malformed.", "Content-Length")
    if lengths and len(lengths[0]) > MAX_DIGITS:
        raise Refused(413, "The body is too large.", "Content-Length")
