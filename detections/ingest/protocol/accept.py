"""Checks and bounds a request body and makes it ready for the inbox (pure). The digest normalises, not this module."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import zstandard

from detections.ingest.inbox_row import ENVELOPE, STORE, InboxRow
from detections.ingest.protocol.content_encoding import beginning, decode, too_large
from detections.ingest.protocol.envelope import MAX_LINE, EnvelopeItem, build, headers_of, parse
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.item_types import UNUSED, USED
from detections.ingest.protocol.lenient_json import peek_event_id
from detections.ingest.protocol.security_reports import to_event

# Uncompressed bodies of more bytes are compressed: it takes 30 us and saves two thirds of the WAL.
COMPRESS_FROM = 4096


@dataclass(slots=True, frozen=True)
class BodyLimits:
    """Largest event and envelope, in bytes after decompression."""

    event: int
    envelope: int

    def raw(self, kind: str) -> int:
        """Largest body of a request to `kind` as sent, in bytes: leaves room for an encoding that does not compress."""
        largest = self.envelope if kind == ENVELOPE else self.event
        return largest + largest // 1000 + 1024


class Accepted(NamedTuple):
    """The result of `accept`: the row for the inbox, the envelope's `dsn`, and unused item types with their numbers."""

    row: InboxRow
    has_event: bool
    dsn: Any
    unused: Counter[str]


def accept(received: InboxRow, limits: BodyLimits) -> Accepted:
    """Checks a request whose `format` is `envelope`, `store` or `security`. Raises Refused: 400, 413, 415."""
    if received.format == ENVELOPE:
        return _envelope(received, limits)
    plain = decode(received.body, received.encoding, limits.event)
    if received.format == STORE:
        body, encoding, plain = _unwrapped(received, plain, limits.event)
        event_id = _event_id(plain, "the event") or received.event_id
        return _single(_stored(received, body, encoding, plain, event_id))
    event = msgspec.json.encode(to_event(plain))
    return _single(_stored(received, event, "", event, received.event_id))


def _single(row: InboxRow) -> Accepted:
    return Accepted(row._replace(format=STORE), has_event=True, dsn=None, unused=Counter())


def dsn_of(first: bytes, encoding: str) -> Any:
    """The `dsn` of an envelope's header line, given the first bytes of its body. Raises Refused: 400, 413, 415."""
    return headers_of(beginning(first, encoding, MAX_LINE + 1)).get("dsn")


def _envelope(received: InboxRow, limits: BodyLimits) -> Accepted:
    body, encoding = received.body, received.encoding
    plain = decode(body, encoding, limits.envelope)
    envelope = parse(plain)
    used = [item for item in envelope.items if item.type in USED]
    event_id = _check(used, _uuid(envelope.headers.get("event_id")) or received.event_id, limits)
    if len(used) < len(envelope.items):
        plain = body = build(envelope.headers, used) if used else b""
        encoding = ""
    return Accepted(
        _stored(received, body, encoding, plain, event_id),
        has_event=any(item.type == "event" for item in used),
        dsn=envelope.headers.get("dsn"),
        unused=Counter(item.type for item in envelope.items if item.type in UNUSED),
    )


def _check(used: list[EnvelopeItem], default: UUID, limits: BodyLimits) -> UUID:
    """The id of the first event, else `default`. Raises Refused: 413 for a long item, 400 for one that is no object."""
    event_id = None
    for item in used:
        if len(item.payload) > limits.event:
            raise too_large(limits.event, f"item {item.type}")
        claimed = _event_id(item.payload, f"item {item.type}")
        if item.type == "event":
            event_id = event_id or claimed or default
    return event_id or default


def _stored(received: InboxRow, body: bytes, encoding: str, plain: bytes, event_id: UUID) -> InboxRow:
    """The row with `body`, compressed where it came uncompressed and is long; `plain` is the body when decoded."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        large = len(plain) > COMPRESS_FROM
        body, encoding = (zstandard.ZstdCompressor(level=1).compress(plain), "zstd") if large else (plain, "")
    return received._replace(event_id=event_id, body=body, encoding=encoding, size=len(plain))


def _event_id(payload: bytes, place: str) -> UUID | None:
    """The id that a JSON object claims. Raises Refused (400) where the payload is no object."""
    try:
        return _uuid(peek_event_id(payload))
    except NotJson as error:
        raise Refused(400, "The event is malformed.", f"{place}: {error}") from None


def _uuid(value: Any) -> UUID | None:
    """An id of 32 hexadecimal digits, dashes allowed; None for anything else."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) in {32, 36} else None
    except ValueError:
        return None


def _unwrapped(received: InboxRow, plain: bytes, limit: int) -> tuple[bytes, str, bytes]:
    """Body, encoding and decoded body: old raven clients send zlib, or base64 of zlib, without naming the encoding."""
    body, encoding = received.body, received.encoding
    if plain.lstrip()[:1] in {b"{", b"[", b""}:
        return body, encoding, plain
    try:
        packed = plain if plain[:1] == b"\x78" else base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return body, encoding, plain
    if packed[:1] != b"\x78":
        return (packed, "", packed) if packed[:1] == b"{" else (body, encoding, plain)
    return packed, "deflate", decode(packed, "deflate", limit)
