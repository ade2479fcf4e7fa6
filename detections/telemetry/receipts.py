"""Each event once: receipts are taken before anything is counted."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from detections.telemetry.record import Record

# Sorted by key: two digests with the same events wait for each other in one order.
TAKE = """
INSERT INTO detections_receipt (project_id, event_id, received_at)
SELECT * FROM unnest(%s::bigint[], %s::uuid[], %s::timestamptz[])
ON CONFLICT (project_id, event_id) DO NOTHING
RETURNING project_id, event_id
"""


def take(records: Sequence[Record]) -> list[Record]:
    """The records whose event was not received before, in their order; of equal ones the first.

    Waits for a transaction that is taking the same event, so that of two at the same instant one counts.
    """
    first: dict[tuple[int, UUID], Record] = {}
    for record in records:
        first.setdefault((record.project_id, record.event_id), record)
    rows = sorted((*key, record.received_at) for key, record in first.items())
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []])
        taken = set(cursor.fetchall())
    return [record for key, record in first.items() if key in taken]
