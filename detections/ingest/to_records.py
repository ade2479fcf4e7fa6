"""Turns an accepted request into records: decode, parse, normalise, scrub, route, group (pure)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple, TypedDict
from uuid import UUID, uuid5

import msgspec

from detections.ingest.event.generated_names import nameless
from detections.ingest.event.grouping import group, message
from detections.ingest.event.normalise import MAX_ENVIRONMENT, normalise
from detections.ingest.event.route import route_of
from detections.ingest.event.scrub import scrub
from detections.ingest.event.sender_address import with_sender
from detections.ingest.event.signature_fields import chain, places
from detections.ingest.event.stack_grouping import main_exception
from detections.ingest.event.timestamps import occurred_at
from detections.ingest.event.titles import crash_subtitle, exception_title, innermost_function
from detections.ingest.inbox_row import STORE, InboxRow
from detections.ingest.protocol.coerce import Json, line, number, text, values
from detections.ingest.protocol.content_encoding import decode
from detections.ingest.protocol.envelope import parse
from detections.ingest.protocol.errors import NotJson
from detections.ingest.protocol.lenient_json import loads
from detections.telemetry.records import ClientReport, Drop, EventRecord
from detections.telemetry.user_hashes import user_hashes

# Bytes of a decoded body. An accepted request is read even when the limits were lowered since; this bounds memory.
LIMIT = 128 * 1024 * 1024
SOURCE = "sentry"
_ERRORS = {"error", "fatal"}
# Reasons and categories of client reports (https://develop.sentry.dev/sdk/telemetry/client-reports/). Others count as
# `other`, because each pair of a reason and a category is a row per hour.
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


class RequestContent(NamedTuple):
    """The content of a request: its events, and what its client reports as dropped (None: no report)."""

    records: list[EventRecord]
    report: ClientReport | None


def read(row: InboxRow) -> RequestContent:
    """The content of an accepted request. Raises Refused or NotJson where it cannot be read after all."""
    body = decode(row.body, row.encoding, LIMIT)
    if row.format == STORE:
        return RequestContent([to_record(row, _object(body), row.event_id, None)], None)
    envelope = parse(body)
    records: list[EventRecord] = []
    drops: list[Drop] = []
    for item in envelope.items:
        if item.type == "event":
            # The protocol allows one event in an envelope; further ones get ids that a second reading makes again.
            event_id = uuid5(row.event_id, str(len(records))) if records else row.event_id
            records.append(to_record(row, _object(item.payload), event_id, envelope.headers.get("sent_at")))
        elif item.type == "client_report":
            drops += _drops(row, _object(item.payload))
    return RequestContent(records, _report(row, body, drops) if drops else None)


def to_record(row: InboxRow, payload: Json, event_id: UUID, sent_at: Any) -> EventRecord:
    """One event of a request: normalised, scrubbed, with its route, group and time. `sent_at` as in the envelope."""
    event, address = with_sender(normalise({**payload, "event_id": event_id.hex}), payload.get("sdk"), row.sender)
    event = scrub(event)
    where = route_of(event)
    fingerprint, grouping = group(event, where.route)
    hashes = user_hashes(row.project_id, event.get("user", {}) | address)
    occurred, clock_note = occurred_at(payload.get("timestamp"), sent_at, row.received_at)
    return EventRecord(
        project_id=row.project_id,
        event_id=event_id,
        received_at=row.received_at,
        occurred_at=occurred,
        clock_note=clock_note,
        source=SOURCE,
        kind="error" if event["level"] in _ERRORS else "message",
        handled=_handled(event),
        user_hash=next(iter(hashes), None),
        user_hashes=hashes,
        platform=line(event.get("platform"), 64),
        fingerprint=fingerprint,
        grouping=grouping,
        tags=event.get("tags", {}),
        body=msgspec.json.encode(event),
        chain=chain(event),
        places=places(event),
        **where._asdict(),
        **_column_texts(event, where.route),
    )


class _ColumnTexts(TypedDict):
    """The fields of a record that are texts of the event, cut to the lengths of their columns."""

    environment: str
    level: str
    title: str
    culprit: str
    exception_type: str
    message: str
    logger: str
    transaction: str
    url: str
    release: str
    trace_id: str


def _column_texts(event: Json, route: str) -> _ColumnTexts:
    """Cut again, although the event is normalised: `[Filtered]` may be longer than what it replaces."""
    main = main_exception(event)
    return {
        "environment": line(event["environment"], MAX_ENVIRONMENT),
        "level": event["level"],
        "title": title(event, main, route),
        "culprit": line(crash_subtitle(main, event) or event.get("transaction") or _place(main or event) or route, 300),
        "exception_type": line(main.get("type"), 200),
        "message": text(main.get("value") or message(event), 8192),
        "logger": line(event.get("logger"), 200),
        "transaction": line(event.get("transaction"), 300),
        "url": text(event.get("request", {}).get("url"), 600),
        "release": line(event.get("release"), 200),
        "trace_id": _trace_id(event),
    }


def title(event: Json, main: Json, route: str = "") -> str:
    """Of the main exception, else the message, else the transaction, the stack's function or the route."""
    if main.get("type") or main.get("value") or main.get("frames"):
        return exception_title(main, event)
    text = message(event) or event.get("transaction") or innermost_function(event) or route
    return line(text or "(no message)", 300)


def _object(raw: bytes) -> Json:
    value = loads(raw)
    if not isinstance(value, dict):
        raise NotJson("expected an object")
    return value


def _report(row: InboxRow, body: bytes, drops: list[Drop]) -> ClientReport:
    """Client reports have no id: the hash of the request's body is used, which differs for other reports."""
    return ClientReport(row.project_id, UUID(bytes=blake2b(body, digest_size=16).digest()), row.received_at, drops)


def _known(entry: Json, name: str, known: set[str]) -> str:
    value = line(entry.get(name), 50)
    return value if value in known else "other"


def _drops(row: InboxRow, report: Json) -> list[Drop]:
    hour = row.received_at.replace(minute=0, second=0, microsecond=0)
    return [
        Drop(
            row.project_id,
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
    """False when any exception of the chain was not caught; None when no exception states it."""
    flags = [link.get("mechanism", {}).get("handled") for link in event.get("exception", [])]
    known = [flag for flag in flags if isinstance(flag, bool)]
    return all(known) if known else None


def _trace_id(event: Json) -> str:
    trace = event.get("contexts", {}).get("trace")
    trace_id = trace.get("trace_id") if isinstance(trace, dict) else None
    return trace_id if isinstance(trace_id, str) and len(trace_id) == 32 and trace_id.isalnum() else ""


def _place(stack: Json) -> str:
    """Module (else file) and function of the innermost frame of the application, else of the innermost one."""
    frames = stack.get("frames", [])
    own = [frame for frame in frames if frame.get("in_app", True)] or frames
    if not own:
        return ""
    function = own[-1].get("function", "")
    named = "" if nameless(function) else function
    return " in ".join(filter(None, (own[-1].get("module") or own[-1].get("filename"), named)))
