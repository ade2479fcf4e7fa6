"""The envelope format (https://develop.sentry.dev/sdk/data-model/envelopes/): headers, then items (pure)."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.lenient_json import loads

# Trace headers with baggage stay under 8 KiB by W3C's limits; twice that is no legitimate header.
MAX_LINE = 16 * 1024
# SDKs send one event and its attachments; Sentry's own limit is 100 sessions.
MAX_ITEMS = 200


class EnvelopeItem(NamedTuple):
    """One item: its type ('' when it has none), headers and payload as sent."""

    type: str
    headers: dict[str, Any]
    payload: bytes


class Envelope(NamedTuple):
    """The headers and items of one request."""

    headers: dict[str, Any]
    items: list[EnvelopeItem]


def parse(body: bytes) -> Envelope:
    """Headers and items of an envelope. Raises Refused (400, 413) with the place of the first error."""
    header_line, position = _line(body, 0, "the envelope header")
    headers = _object(header_line, "the envelope header")
    items: list[EnvelopeItem] = []
    while position < len(body):
        if body[position : position + 1] in {b"\n", b"\r"}:  # blank lines between items are allowed
            position += 1
            continue
        if len(items) == MAX_ITEMS:
            raise Refused(400, "The envelope has too many items.", f"allowed: {MAX_ITEMS}")
        item, position = _item(body, position, len(items) + 1)
        items.append(item)
    return Envelope(headers, items)


def headers_of(beginning: bytes) -> dict[str, Any]:
    """The headers of an envelope, given its first MAX_LINE + 1 bytes. Raises Refused as `parse`."""
    return _object(_line(beginning, 0, "the envelope header")[0], "the envelope header")


def build(headers: dict[str, Any], items: list[EnvelopeItem]) -> bytes:
    """The bytes of an envelope; every item header states its length."""
    parts = [msgspec.json.encode(headers)]
    for item in items:
        parts += [msgspec.json.encode({**item.headers, "length": len(item.payload)}), item.payload]
    return b"\n".join(parts) + b"\n"


def _item(body: bytes, position: int, number: int) -> tuple[EnvelopeItem, int]:
    place = f"the header of item {number}"
    line, start = _line(body, position, place)
    headers = _object(line, place)
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


def _line(body: bytes, start: int, place: str) -> tuple[bytes, int]:
    end = body.find(b"\n", start, start + MAX_LINE + 1)
    if end < 0:
        end = len(body)
        if end - start > MAX_LINE:
            raise Refused(413, "A header line is too long.", place, f"allowed: {MAX_LINE} bytes")
    return body[start:end], end + 1


def _object(line: bytes, place: str) -> dict[str, Any]:
    try:
        value = loads(line)
    except NotJson as error:
        raise Refused(400, "The envelope is malformed.", f"{place}: {error}") from None
    if not isinstance(value, dict):
        raise Refused(400, "The envelope is malformed.", f"{place}: expected a JSON object")
    return value
