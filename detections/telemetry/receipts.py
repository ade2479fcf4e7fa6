"""Each event once: receipts are taken before anything is counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from detections.telemetry.record import ClientReport, EventRecord

# Sorted by key: two digests with the same events wait for each other in one order.
TAKE = """
INSERT INTO detections_receipt (project_id, event_id, received_at)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[])
ON CONFLICT (project_id, event_id) DO NOTHING
RETURNING project_id, event_id
"""


def take(records: Sequence[EventRecord]) -> list[EventRecord]:
    """The records whose event was not received before, in their order; of equal ones the first.

    Waits for a transaction that is taking the same event, so that of two at the same instant one counts.
    """
    first: dict[tuple[int, UUID], EventRecord] = {}
    for record in records:
        first.setdefault((record.project_id, record.event_id), record)
    taken = _take((*key, record.received_at) for key, record in first.items())
    return [record for key, record in first.items() if key in taken]


def take_reports(reports: Iterable[ClientReport]) -> list[ClientReport]:
    """The same for what clients say they dropped: a report that was stored or sent twice counts once.

    Taken after the events of a transaction, by all: so no two wait for each other.
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
