"""The envelope grammar of Sentry's developer documentation (pure): a header line, then items of header and payload."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.lenient_json import loads

# Trace headers with baggage stay under 8 KiB by W3C's own limits; twice that is no honest header.
MAX_LINE = 16 * 1024
# SDKs send one event and what belongs to it; Sentry's own bound is 100 sessions.
MAX_ITEMS = 200


class EnvelopeItem(NamedTuple):
    """One item: its type ('' when it has none), its headers and its payload as sent."""

    type: str
    headers: dict[str, Any]
    payload: bytes


class Envelope(NamedTuple):
    headers: dict[str, Any]
    items: list[EnvelopeItem]


def parse(body: bytes) -> Envelope:
    """Headers and items of an envelope. Raises Refused (400) with the place of the first thing wrong."""
    header_line, position = _line(body, 0, "the envelope header")
    headers = _object(header_line, "the envelope header")
    items: list[EnvelopeItem] = []
    while position < len(body):
        if body[position : position + 1] in {b"\n", b"\r"}:  # a blank line between items harms nobody
            position += 1
            continue
        if len(items) == MAX_ITEMS:
            raise Refused(400, "The envelope has too many items.", f"allowed: {MAX_ITEMS}")
        item, position = _item(body, position, len(items) + 1)
        items.append(item)
    return Envelope(headers, items)


def headers_of(beginning: bytes) -> dict[str, Any]:
    """The headers of an envelope of which the first MAX_LINE + 1 bytes are there. Raises Refused as `parse`."""
    return _object(_line(beginning, 0, "the envelope header")[0], "the envelope header")


def build(headers: dict[str, Any], items: list[EnvelopeItem]) -> bytes:
    """The bytes of an envelope; every item with its length."""
    parts = [msgspec.json.encode(headers)]
    for item in items:
        parts += [msgspec.json.encode({**item.headers, "length": len(item.payload)}), item.payload]
    return b"\n".join(parts) + b"\n"


def _item(body: bytes, position: int, number: int) -> tuple[EnvelopeItem, int]:
    where = f"the header of item {number}"
    line, start = _line(body, position, where)
    headers = _object(line, where)
    kind = headers.get("type")
    end = _payload_end(body, start, headers.get("length"), number)
    return EnvelopeItem(kind if isinstance(kind, str) else "", headers, body[start:end]), end + 1


def _payload_end(body: bytes, start: int, length: Any, number: int) -> int:
    if length is None:
        newline = body.find(b"\n", start)
        return len(body) if newline < 0 else newline
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise Refused(400, "An item's length is not a number of bytes.", f"item {number}: length")
    end = start + length
    if end > len(body):
        raise Refused(400, "An item is shorter than its length says.", f"item {number}: {length} bytes announced")
    if end < len(body) and body[end : end + 1] != b"\n":
        raise Refused(400, "An item does not end where its length says.", f"item {number}: {length} bytes announced")
    return end


def _line(body: bytes, start: int, where: str) -> tuple[bytes, int]:
    end = body.find(b"\n", start, start + MAX_LINE + 1)
    if end < 0:
        end = len(body)
        if end - start > MAX_LINE:
            raise Refused(413, "A header line is too long.", where, f"allowed: {MAX_LINE} bytes")
    return body[start:end], end + 1


def _object(line: bytes, where: str) -> dict[str, Any]:
    try:
        value = loads(line)
    except NotJson as error:
        raise Refused(400, "The envelope is malformed.", f"{where}: {error}") from None
    if not isinstance(value, dict):
        raise Refused(400, "The envelope is malformed.", f"{where}: expected a JSON object")
    return value
