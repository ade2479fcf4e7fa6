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

from detections.ingest.inbox_row import ENVELOPE, SECURITY, STORE, InboxRow
from detections.ingest.protocol.content_encoding import beginning, decode, too_large
from detections.ingest.protocol.envelope import MAX_LINE, EnvelopeItem, build, headers_of, parse
from detections.ingest.protocol.errors import NotJson, Refused
from detections.ingest.protocol.item_types import PAYLOADS, UNUSED, USED
from detections.ingest.protocol.lenient_json import Peeked, peek
from detections.ingest.protocol.security_reports import UNKNOWN, ReportSender, read_reports

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
    """The result of `accept`: the row for the inbox, how many events it has, the envelope's `dsn`, and unused item
    types with their numbers."""

    row: InboxRow
    events: int
    dsn: Any
    unused: Counter[str]


def accept(received: InboxRow, limits: BodyLimits, sender: ReportSender = UNKNOWN) -> Accepted:
    """Checks a request whose `format` is `envelope`, `store` or `security`. Raises Refused: 400, 413, 415."""
    if received.format == ENVELOPE:
        return _envelope(received, limits)
    plain = decode(received.body, received.encoding, limits.event)
    if received.format == SECURITY:
        return _security(received, plain, sender)
    body, encoding, plain = _unwrapped(received, plain, limits.event)
    peeked = _peeked(plain, "the event")
    event_id = _uuid(peeked.event_id) or received.event_id
    if unused := _other_type(peeked):
        return _accepted(_stored(received, b"", "", b"", event_id), 0, Counter([unused]))
    return _accepted(_stored(received, body, encoding, plain, event_id), 1, Counter())


def _accepted(row: InboxRow, events: int, unused: Counter[str]) -> Accepted:
    return Accepted(row._replace(format=STORE), events, None, unused)


def _security(received: InboxRow, plain: bytes, sender: ReportSender) -> Accepted:
    """One report becomes a stored event, several become the items of an envelope."""
    reports = read_reports(plain, received.received_at, sender)
    unused = Counter({"security_report": reports.unused}) if reports.unused else Counter()
    events = [msgspec.json.encode(event) for event in reports.events]
    if len(events) <= 1:
        body = b"".join(events)
        return _accepted(_stored(received, body, "", body, received.event_id), len(events), unused)
    body = build({}, [EnvelopeItem("event", {"type": "event"}, event) for event in events])
    row = _stored(received, body, "", body, received.event_id)
    return Accepted(row._replace(format=ENVELOPE), len(events), None, unused)


def dsn_of(first: bytes, encoding: str) -> Any:
    """The `dsn` of an envelope's header line, given the first bytes of its body. Raises Refused: 400, 413, 415."""
    return headers_of(beginning(first, encoding, MAX_LINE + 1)).get("dsn")


def _envelope(received: InboxRow, limits: BodyLimits) -> Accepted:
    body, encoding = received.body, received.encoding
    plain = decode(body, encoding, limits.envelope)
    envelope = parse(plain)
    default = _uuid(envelope.headers.get("event_id")) or received.event_id
    used, unused, event_id = _sorted(envelope.items, default, limits)
    if len(used) < len(envelope.items):
        plain = body = build(envelope.headers, used) if used else b""
        encoding = ""
    return Accepted(
        _stored(received, body, encoding, plain, event_id),
        events=sum(item.type == "event" for item in used),
        dsn=envelope.headers.get("dsn"),
        unused=unused,
    )


def _sorted(
    items: list[EnvelopeItem], default: UUID, limits: BodyLimits
) -> tuple[list[EnvelopeItem], Counter[str], UUID]:
    """The items that are used, the known types of others with their numbers, and the first event's id, else `default`.

    Raises Refused: 413 for a long item, 400 for one that is no object.
    """
    used: list[EnvelopeItem] = []
    unused: Counter[str] = Counter()
    event_id = None
    for item in items:
        if item.type not in USED:
            unused[item.type] += item.type in UNUSED
            continue
        if len(item.payload) > limits.event:
            raise too_large(limits.event, f"item {item.type}")
        peeked = _peeked(item.payload, f"item {item.type}")
        if item.type == "event":
            if kind := _other_type(peeked):
                unused[kind] += 1
                continue
            event_id = event_id or _uuid(peeked.event_id) or default
        used.append(item)
    return used, +unused, event_id or default


def _stored(received: InboxRow, body: bytes, encoding: str, plain: bytes, event_id: UUID) -> InboxRow:
    """The row with `body`, compressed where it came uncompressed and is long; `plain` is the body when decoded."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        large = len(plain) > COMPRESS_FROM
        body, encoding = (zstandard.ZstdCompressor(level=1).compress(plain), "zstd") if large else (plain, "")
    return received._replace(event_id=event_id, body=body, encoding=encoding, size=len(plain))


def _peeked(payload: bytes, place: str) -> Peeked:
    """What a JSON object says of itself. Raises Refused (400) where the payload is no object."""
    try:
        return peek(payload)
    except NotJson as error:
        raise Refused(400, "The event is malformed.", f"{place}: {error}") from None


def _other_type(peeked: Peeked) -> str | None:
    """The item type of a payload that is no error, such as the transactions of old SDKs; None for an event."""
    return PAYLOADS.get(peeked.type) if isinstance(peeked.type, str) else None


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
