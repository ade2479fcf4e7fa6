"""Writes a batch of records: receipts, environments, issues, series, events, counts; in the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from detections.telemetry import partitions
from detections.telemetry.add_counts import add_counts
from detections.telemetry.bodies import pack, packer
from detections.telemetry.environments import resolve_environments, touch_environments
from detections.telemetry.issues.write import advance_issues, resolve_issues
from detections.telemetry.models import IssueHour
from detections.telemetry.receipts import take
from detections.telemetry.records import Count, EventRecord
from detections.telemetry.releases.keep import note_releases
from detections.telemetry.series import resolve_series, touch_series

# Bodies stored per issue, environment and hour: as many as people read. Beyond that, in a flood, one event in BEYOND
# keeps its body. 200 bodies of 5 KB an hour are 24 MB a day for an issue that never stops.
BODIES_PER_HOUR = 200
BEYOND = 100

# Columns of detections_event by PostgreSQL type. Those of _FIELDS are fields of EventRecord as they are; jsonb and
# bytea columns are encoded here.
_FIELDS = {
    "uuid": ("event_id",),
    "int8": ("project_id", "project_environment_id", "issue_id", "series_id", "user_hash"),
    "timestamptz": ("received_at", "occurred_at"),
    "varchar": (
        "clock_note",
        "level",
        "exception_type",
        "logger",
        "transaction",
        "url",
        "release",
        "trace_id",
        "platform",
    ),
    "text": ("message",),
    "bool": ("handled",),
    "int8[]": ("user_hashes",),
}
_COLUMNS = {**_FIELDS, "jsonb": ("tags", "chain", "places"), "bytea": ("body",)}
COLUMNS, TYPES = zip(*((name, kind) for kind, names in _COLUMNS.items() for name in names), strict=True)
COPY = f"COPY detections_event ({', '.join(COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_plain = attrgetter(*(name for names in _FIELDS.values() for name in names))


class Written(NamedTuple):
    """The records that were new, and the (project environment id, minute) pairs whose counts they changed."""

    records: list[EventRecord]
    minutes: set[tuple[int, datetime]]


def write_records(records: Sequence[EventRecord]) -> Written:
    """Writes each event that was not received before, with all its counts, and sets the record's ids.

    All or nothing with the caller's transaction. Rows that many batches update come last and in key order, so that
    locks are short and no two batches deadlock. Missing partitions are created.
    """
    new = take(records)
    if not new:
        return Written([], set())
    partitions.ensure(partitions.EVENTS, (record.received_at for record in new))
    resolve_environments(new)
    resolve_issues(new)
    resolve_series(new)
    _copy(new, _kept_bodies(new))
    touch_series(new)
    touch_environments(new)
    advance_issues(new, note_releases(new))
    counted = Counter((record.project_id, record.series_id, record.minute) for record in new)
    add_counts(Count(*key, n) for key, n in counted.items())
    return Written(new, {(record.project_environment_id, record.minute) for record in new})


def _kept_bodies(records: Sequence[EventRecord]) -> list[bytes | None]:
    """Each record's compressed body; None for most beyond BODIES_PER_HOUR of its issue, environment and hour."""
    rows = IssueHour.objects.filter(
        issue__in={record.issue_id for record in records}, hour__in={record.hour for record in records}
    ).values_list("issue_id", "project_environment_id", "hour", "n")
    seen: Counter[tuple[int, int, datetime]] = Counter({(i, e, h): n for i, e, h, n in rows})
    by = packer()
    bodies: list[bytes | None] = []
    for record in records:
        key = (record.issue_id, record.project_environment_id, record.hour)
        kept = seen[key] < BODIES_PER_HOUR or seen[key] % BEYOND == 0
        seen[key] += 1
        bodies.append(pack(record.body, by) if kept and record.body is not None else None)
    return bodies


def _copy(records: Sequence[EventRecord], bodies: Sequence[bytes | None]) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for record, body in zip(records, bodies, strict=True):
            copy.write_row(_row(record, body))


def _row(record: EventRecord, body: bytes | None) -> tuple[object, ...]:
    """The values of all columns, in the order of COPY."""
    return (*_plain(record), _json(record.tags), _json(record.chain), _json(record.places), body)


def _json(value: object) -> Jsonb:
    return Jsonb(value, dumps=msgspec.json.encode)
