"""Adds to minute and hour counts and marks covered minutes, for the digest and for back-filling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from detections.telemetry import partitions
from detections.telemetry.records import Count
from opsconsole.lib.clock import floor_hour
from opsconsole.lib.db.batches import chunks

# Rows per statement: enough to make its fixed cost negligible, few enough to keep its locks short.
BATCH = 5000

# Rows are sorted by key, so that concurrent writers lock them in one order and never deadlock.
ADD_MINUTES = """
INSERT INTO detections_minutecount (project_id, series_id, minute, n)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::int[])
ON CONFLICT (project_id, minute, series_id) DO UPDATE SET n = detections_minutecount.n + excluded.n
"""
ADD_HOURS = """
INSERT INTO detections_hourcount (series_id, hour, n)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[])
ON CONFLICT (hour, series_id) DO UPDATE SET n = detections_hourcount.n + excluded.n
"""
COVER = """
INSERT INTO detections_coverage (source, project_id, minute)
SELECT %s, %s, unnest(%s::timestamptz[])
ON CONFLICT (source, minute, project_id) DO NOTHING
"""


def add_counts(rows: Iterable[Count]) -> int:
    """Adds each row's `n` to its minute and hour; returns the sum of all `n`. Keys may be repeated.

    All or nothing, in the caller's transaction where there is one. Missing partitions are created.
    """
    minutes: Counter[tuple[int, datetime, int]] = Counter()
    hours: Counter[tuple[datetime, int]] = Counter()
    for row in rows:
        minutes[row.project_id, row.minute, row.series_id] += row.n
        hours[floor_hour(row.minute), row.series_id] += row.n
    if not minutes:
        return 0
    partitions.ensure(partitions.MINUTES, (minute for _, minute, _ in minutes))
    with transaction.atomic():
        _upsert(ADD_HOURS, sorted((hour, series, n) for (hour, series), n in hours.items()), (1, 0, 2))
        _upsert(ADD_MINUTES, sorted((*key, n) for key, n in minutes.items()), (0, 2, 1, 3))
    return minutes.total()


def cover(source: str, minutes: Iterable[datetime], project_id: int | None = None) -> None:
    """Marks minutes in which ingest of `source` was up, for all projects or only for `project_id`."""
    with connection.cursor() as cursor:
        for chunk in chunks(sorted(set(minutes)), BATCH):
            cursor.execute(COVER, [source, project_id, list(chunk)])


def _upsert(statement: str, rows: Sequence[tuple[Any, ...]], columns: tuple[int, ...]) -> None:
    with connection.cursor() as cursor:
        for chunk in chunks(rows, BATCH):
            cursor.execute(statement, [[row[column] for row in chunk] for column in columns])
