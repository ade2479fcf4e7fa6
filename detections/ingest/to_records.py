"""An accepted request as records: decode, parse, normalise, scrub, route, group (pure)."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from detections.ingest.event.grouping import group, main_exception, message
from detections.ingest.event.normalise import MAX_ENVIRONMENT, normalise
from detections.ingest.event.route import where
from detections.ingest.event.scrub import scrub
from detections.ingest.event.signature_fields import chain, places
from detections.ingest.event.timestamps import occurred_at
from detections.ingest.protocol.coerce import Json, line, number, text, values
from detections.ingest.protocol.content_encoding import decode
from detections.ingest.protocol.envelope import parse
from detections.ingest.protocol.errors import NotJson
from detections.ingest.protocol.lenient_json import loads
from detections.telemetry.record import Drop, Record, Report

# What was accepted is read whatever the limits are now; this only bounds memory.
LIMIT = 128 * 1024 * 1024
SOURCE = "sentry"
_ERRORS = {"error", "fatal"}
# What Sentry's protocol and its SDKs name (develop.sentry.dev: client reports, rate limits). What anybody else makes up
# is one more: each pair of a reason and a category is a row an hour.
_REASONS = {
    *("queue_overflow", "cache_overflow", "buffer_overflow", "ratelimit_backoff", "network_error", "send_error"),
    *("before_send", "event_processor", "sample_rate", "backpressure", "internal_sdk_error", "insufficient_data"),
    *("ignored", "no_parent_span", "too_many_requests"),
}
_CATEGORIES = {
    *("default", "error", "security", "transaction", "transaction_indexed", "attachment", "session", "profile"),
    *("profile_chunk", "replay", "monitor", "check_in", "feedback", "user_report", "user_report_v2", "span"),
    *("span_indexed", "metric_bucket", "statsd", "log_item", "log_byte", "trace_metric"),
}
_REPORTS = ("discarded_events", "filtered_events", "rate_limited_events", "filtered_sampling_events")


class Raw(NamedTuple):
    """A row of the inbox."""

    id: int
    project_id: int
    format: str
    received_at: datetime
    event_id: UUID
    body: bytes
    encoding: str
    attempts: int


class Reading(NamedTuple):
    """What a request held: events, and what its client says it dropped."""

    records: list[Record]
    report: Report | None


def read(raw: Raw) -> Reading:
    """The content of an accepted request. Raises Refused, NotJson where it cannot be read after all."""
    body = decode(raw.body, raw.encoding, LIMIT)
    if raw.format == "store":
        return Reading([to_record(raw, _object(body), raw.event_id, None)], None)
    envelope = parse(body)
    records: list[Record] = []
    drops: list[Drop] = []
    for item in envelope.items:
        if item.type == "event":
            # One event an envelope by the protocol; further ones get ids that a replay makes again.
            event_id = uuid5(raw.event_id, str(len(records))) if records else raw.event_id
            records.append(to_record(raw, _object(item.payload), event_id, envelope.headers.get("sent_at")))
        elif item.type == "client_report":
            drops += _reported(raw, _object(item.payload))
    return Reading(records, _report(raw, body, drops) if drops else None)


def to_record(raw: Raw, payload: Json, event_id: UUID, sent_at: Any) -> Record:
    """One event, scrubbed, with route and group."""
    event = scrub(normalise({**payload, "event_id": event_id.hex}))
    at, route, url_path = where(event)
    fingerprint, grouping = group(event, route)
    occurred, clock_note = occurred_at(payload.get("timestamp"), sent_at, raw.received_at)
    main = main_exception(event)
    return Record(
        project_id=raw.project_id,
        event_id=event_id,
        received_at=raw.received_at,
        occurred_at=occurred,
        clock_note=clock_note,
        # Cut here again as all texts with a column are: `[Filtered]` may be longer than what it stands for.
        environment=line(event["environment"], MAX_ENVIRONMENT),
        level=event["level"],
        source=SOURCE,
        kind="error" if event["level"] in _ERRORS else "message",
        method=at,
        route=route,
        title=title(event),
        culprit=line(event.get("transaction") or _last_function(main) or route, 300),
        exception_type=line(main.get("type"), 200),
        message=text(main.get("value") or message(event), 8192),
        logger=line(event.get("logger"), 200),
        transaction=line(event.get("transaction"), 300),
        url=text(event.get("request", {}).get("url"), 600),
        release=line(event.get("release"), 200),
        trace_id=_trace_id(event),
        handled=_handled(event),
        user_hash=user_hash(raw.project_id, event.get("user", {})),
        fingerprint=fingerprint,
        grouping=grouping,
        tags=event.get("tags", {}),
        body=msgspec.json.encode(event),
        url_path=url_path,
        chain=chain(event),
        places=places(event),
    )


def title(event: Json) -> str:
    """`Type: value` on one line, else the message, else where it happened."""
    main = main_exception(event)
    if main:
        return line(": ".join(filter(None, (main.get("type", "Error"), main.get("value", "")))), 300)
    return line(message(event) or event.get("transaction") or "(no message)", 300)


def user_hash(project_id: int, user: Json) -> int | None:
    """The user as a signed 64-bit number that tells users of a project apart and nothing else; None if unnamed."""
    for name in ("id", "email", "username", "ip_address"):
        known = user.get(name)
        if known and known != "{{auto}}":
            digest = blake2b(f"{project_id}:{name}:{known}".encode(), digest_size=8).digest()
            return int.from_bytes(digest, "big", signed=True)
    return None


def _object(raw: bytes) -> Json:
    value = loads(raw)
    if not isinstance(value, dict):
        raise NotJson("expected an object")
    return value


def _report(raw: Raw, body: bytes, drops: list[Drop]) -> Report:
    """Reports have no id of their own; two that differ do so in their times, or in the events that they go with."""
    return Report(raw.project_id, UUID(bytes=blake2b(body, digest_size=16).digest()), raw.received_at, drops)


def _known(entry: Json, name: str, known: set[str]) -> str:
    told = line(entry.get(name), 50)
    return told if told in known else "other"


def _reported(raw: Raw, report: Json) -> list[Drop]:
    hour = raw.received_at.replace(minute=0, second=0, microsecond=0)
    return [
        Drop(
            raw.project_id,
            hour,
            f"client:{_known(entry, 'reason', _REASONS)}",
            _known(entry, "category", _CATEGORIES),
            n,
        )
        for name in _REPORTS
        for entry in values(report.get(name))
        if (n := number(entry.get("quantity")))
    ]


def _handled(event: Json) -> bool | None:
    """False when any exception of the chain was not caught; None when nothing says."""
    said = [link.get("mechanism", {}).get("handled") for link in event.get("exception", [])]
    known = [flag for flag in said if isinstance(flag, bool)]
    return all(known) if known else None


def _trace_id(event: Json) -> str:
    trace = event.get("contexts", {}).get("trace")
    trace_id = trace.get("trace_id") if isinstance(trace, dict) else None
    return trace_id if isinstance(trace_id, str) and len(trace_id) == 32 and trace_id.isalnum() else ""


def _last_function(main: Json) -> str:
    frames = main.get("frames", [])
    own = [frame for frame in frames if frame.get("in_app", True)] or frames
    if not own:
        return ""
    return " in ".join(filter(None, (own[-1].get("module") or own[-1].get("filename"), own[-1].get("function"))))
