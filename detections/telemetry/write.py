"""Writes a batch of records: receipts, environments, issues, series, events, counts. In the caller's transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from detections.telemetry import partitions
from detections.telemetry.bodies import pack
from detections.telemetry.count import add_counts
from detections.telemetry.environments import resolve_environments, touch_environments
from detections.telemetry.issues import advance_issues, resolve_issues
from detections.telemetry.models import IssueHour
from detections.telemetry.receipts import take
from detections.telemetry.record import Count, Record
from detections.telemetry.series import resolve_series, touch_series

# Bodies kept of one issue in one environment and hour: what people look at. In a flood every BEYOND-th more.
# 200 bodies of 5 KB are 24 MB a day for an issue that never stops.
BODIES_PER_HOUR = 200
BEYOND = 100

COPY = """
COPY detections_event (event_id, project_id, project_environment_id, issue_id, series_id, received_at, occurred_at,
    clock_note, level, handled, exception_type, message, logger, transaction, url, release, trace_id, user_hash,
    tags, chain, places, body) FROM STDIN (FORMAT BINARY)
"""
TYPES = (
    *("uuid", "int8", "int8", "int8", "int8", "timestamptz", "timestamptz"),
    *("varchar", "varchar", "bool", "varchar", "text", "varchar", "varchar", "varchar", "varchar", "varchar", "int8"),
    *("jsonb", "jsonb", "jsonb", "bytea"),
)


class Written(NamedTuple):
    """The records that were new, and the (project environment id, minute) pairs whose counts they changed."""

    records: list[Record]
    minutes: set[tuple[int, datetime]]


def write_records(records: Sequence[Record]) -> Written:
    """Writes each event that was not received before, with all its counts; returns what was new.

    All or nothing with the caller's transaction. Rows that many batches touch come last and in key order, so that
    locks are held shortly and never in a circle. A day's partition is made where beat has not made it ahead.
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
    advance_issues(new)
    counted = Counter((record.project_id, record.series_id, record.minute) for record in new)
    add_counts(Count(*key, n) for key, n in counted.items())
    return Written(new, {(record.project_environment_id, record.minute) for record in new})


def _kept_bodies(records: Sequence[Record]) -> list[bytes | None]:
    """Each record's compressed body; None beyond BODIES_PER_HOUR of its issue, environment and hour."""
    rows = IssueHour.objects.filter(
        issue__in={record.issue_id for record in records}, hour__in={record.hour for record in records}
    ).values_list("issue_id", "project_environment_id", "hour", "n")
    seen: Counter[tuple[int, int, datetime]] = Counter({(i, e, h): n for i, e, h, n in rows})
    bodies: list[bytes | None] = []
    for record in records:
        key = (record.issue_id, record.project_environment_id, record.hour)
        kept = seen[key] < BODIES_PER_HOUR or seen[key] % BEYOND == 0
        seen[key] += 1
        bodies.append(pack(record.body) if kept and record.body is not None else None)
    return bodies


def _copy(records: Sequence[Record], bodies: Sequence[bytes | None]) -> None:
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for record, body in zip(records, bodies, strict=True):
            copy.write_row(_row(record, body))


def _row(r: Record, body: bytes | None) -> tuple[object, ...]:
    return (
        *(r.event_id, r.project_id, r.project_environment_id, r.issue_id, r.series_id, r.received_at, r.occurred_at),
        *(r.clock_note, r.level, r.handled, r.exception_type, r.message, r.logger, r.transaction, r.url, r.release),
        *(r.trace_id, r.user_hash, _json(r.tags), _json(r.chain), _json(r.places), body),
    )


def _json(value: object) -> Jsonb:
    return Jsonb(value, dumps=msgspec.json.encode)
