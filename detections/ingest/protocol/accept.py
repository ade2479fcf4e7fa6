"""A request body checked, bounded and made ready for the inbox (pure). Nothing is normalised here: digest does."""

from __future__ import annotations

import base64
import binascii
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import msgspec
import zstandard

from detections.ingest.protocol.content_encoding import beginning, decode, too_large
from detections.ingest.protocol.envelope import MAX_LINE, Envelope, Item, build, headers_of, parse
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.item_types import UNUSED, USED
from detections.ingest.protocol.lenient_json import peek_event_id
from detections.ingest.protocol.security_reports import to_event

# Bodies that came uncompressed and are larger than this are compressed: 30 us against three times the WAL.
COMPRESS_FROM = 4096
ENVELOPE, STORE = "envelope", "store"


@dataclass(slots=True, frozen=True)
class Limits:
    """Bytes after decompression."""

    event: int
    envelope: int

    def raw(self, kind: str) -> int:
        """Bytes of a request to `kind` as sent: what it may hold, and room for an encoding that packs nothing."""
        holds = self.envelope if kind == ENVELOPE else self.event
        return holds + holds // 1000 + 1024


@dataclass(slots=True)
class Accepted:
    """What goes into the inbox. An empty `body` means that nothing in the request is used."""

    format: str
    event_id: UUID
    body: bytes
    encoding: str
    holds_event: bool
    size: int  # bytes of the body when decoded
    dsn: Any = None
    unused: Counter[str] = field(default_factory=Counter)  # item types and how many


def accept(kind: str, body: bytes, encoding: str, limits: Limits) -> Accepted:
    """Checks a request to `envelope`, `store` or `security`. Raises Refused: 400, 413, 415."""
    if kind == ENVELOPE:
        return _envelope(body, encoding, limits)
    plain = decode(body, encoding, limits.event)
    if kind == STORE:
        plain, body, encoding = _unwrapped(plain, body, encoding, limits.event)
        return _stored(STORE, plain, body, encoding, _event_id(plain, "the event"))
    event = msgspec.json.encode(to_event(plain))
    return _stored(STORE, event, event, "", uuid4())


def dsn_of(first: bytes, encoding: str) -> Any:
    """The `dsn` in an envelope's header line, found in the first bytes of its body. Raises Refused: 400, 413, 415."""
    return headers_of(beginning(first, encoding, MAX_LINE + 1)).get("dsn")


def _envelope(body: bytes, encoding: str, limits: Limits) -> Accepted:
    plain = decode(body, encoding, limits.envelope)
    envelope = parse(plain)
    used = [item for item in envelope.items if item.type in USED]
    event_id = _check(used, envelope, limits)
    unused = Counter(item.type for item in envelope.items if item.type in UNUSED)
    if len(used) < len(envelope.items):
        plain = body = build(envelope.headers, used) if used else b""
        encoding = ""
    accepted = _stored(ENVELOPE, plain, body, encoding, event_id)
    accepted.holds_event = any(item.type == "event" for item in used)
    accepted.dsn = envelope.headers.get("dsn")
    accepted.unused = unused
    return accepted


def _check(used: list[Item], envelope: Envelope, limits: Limits) -> UUID:
    """The id to answer: of the first event, else of the header, else a new one; every used item is an object."""
    event_id = None
    for item in used:
        if len(item.payload) > limits.event:
            raise too_large(limits.event, f"item {item.type}")
        found = _event_id(item.payload, f"item {item.type}", envelope.headers.get("event_id"))
        if item.type == "event":
            event_id = event_id or found
    return event_id or _uuid(envelope.headers.get("event_id")) or uuid4()


def _stored(kind: str, plain: bytes, body: bytes, encoding: str, event_id: UUID) -> Accepted:
    if encoding in {"", "identity"}:
        large = len(plain) > COMPRESS_FROM
        body, encoding = (zstandard.ZstdCompressor(level=1).compress(plain), "zstd") if large else (plain, "")
    return Accepted(kind, event_id, body, encoding.strip().lower(), holds_event=True, size=len(plain))


def _event_id(payload: bytes, where: str, fallback: Any = None) -> UUID:
    try:
        claimed = peek_event_id(payload)
    except NotJson as error:
        raise Refused(400, "The event is malformed.", f"{where}: {error}") from None
    return _uuid(claimed) or _uuid(fallback) or uuid4()


def _uuid(value: Any) -> UUID | None:
    """An id of 32 hexadecimal digits, dashes allowed; None for anything else, which then gets a new one."""
    try:
        return UUID(value) if isinstance(value, str) and len(value) in {32, 36} else None
    except ValueError:
        return None


def _unwrapped(plain: bytes, body: bytes, encoding: str, limit: int) -> tuple[bytes, bytes, str]:
    """Old raven clients send zlib, or base64 of zlib, without saying so in a header."""
    if plain.lstrip()[:1] in {b"{", b"[", b""}:
        return plain, body, encoding
    try:
        packed = plain if plain[:1] == b"\x78" else base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError):
        return plain, body, encoding
    if packed[:1] != b"\x78":
        return (packed, packed, "") if packed[:1] == b"{" else (plain, body, encoding)
    return decode(packed, "deflate", limit), packed, "deflate"
