"""Receipts: an event is counted only when its receipt is new."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from detections.telemetry.records import ClientReport, EventRecord

# Rows are sorted by key, so that two digests with the same events do not deadlock.
TAKE = """
INSERT INTO detections_receipt (project_id, event_id, received_at)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[])
ON CONFLICT (project_id, event_id) DO NOTHING
RETURNING project_id, event_id
"""


def take(records: Sequence[EventRecord]) -> list[EventRecord]:
    """The records whose event was not received before, in their order; of equal events the first.

    Waits for another transaction that inserts the same receipt, so that one of the two counts.
    """
    first: dict[tuple[int, UUID], EventRecord] = {}
    for record in records:
        first.setdefault((record.project_id, record.event_id), record)
    taken = _take((*key, record.received_at) for key, record in first.items())
    return [record for key, record in first.items() if key in taken]


def take_reports(reports: Iterable[ClientReport]) -> list[ClientReport]:
    """The client reports that were not received before; one that is sent or stored twice counts once.

    Called after `take` in each transaction, so that no two transactions deadlock.
    """
    first: dict[tuple[int, UUID], ClientReport] = {}
    for report in reports:
        first.setdefault((report.project_id, report.report_id), report)
    taken = _take((*key, report.received_at) for key, report in first.items()) if first else set()
    return [report for key, report in first.items() if key in taken]


def _take(rows: Iterable[tuple[int, UUID, datetime]]) -> set[tuple[int, UUID]]:
    columns = [list(column) for column in zip(*sorted(rows), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(TAKE, columns or [[], [], []])
        return set(cursor.fetchall())
