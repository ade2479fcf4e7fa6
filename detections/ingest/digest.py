"""The digest: claims a batch of the inbox, reads, writes and deletes it in one transaction; each event counts once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction

from detections.ingest.inbox_row import InboxRow
from detections.ingest.models import DirtySlot
from detections.ingest.quarantine import set_aside
from detections.ingest.to_records import RequestContent, read
from detections.telemetry.discards import add_discards
from detections.telemetry.receipts import take_reports
from detections.telemetry.records import Drop, EventRecord
from detections.telemetry.write_records import write_records
from opsconsole.lib.clock import floor_hour
from opsconsole.lib.task_names import JUDGE
from opsconsole.lib.task_trigger import send_once

# Rows a transaction: fixed costs (a dozen statements, one commit) are shared by 250 events, locks last 0.2 s. Twice
# as many rows are four per cent faster and take 20 MB more.
BATCH = 250
# Bytes a transaction, when decoded: 884 bytes may decode to 20 MB, and what is read stays in memory until it is
# written. 250 events of 60 KB fit, twice what SDKs send.
BATCH_BYTES = 16 * 1024 * 1024
# Errors that are not the fault of a row. COPY raises psycopg's own errors, past Django's translation.
TEMPORARY = (
    *(OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError),
    SoftTimeLimitExceeded,
)

# Locked rows belong to another digest. The oldest come first; the first row is taken whatever its size. A row without
# a size (stored before the column existed) is taken alone.
CLAIM = f"""
WITH claimed AS (
    SELECT id, coalesce(size, %(bytes)s) AS size FROM detections_inbox
    WHERE %(only)s::bigint[] IS NULL OR id = ANY(%(only)s)
    ORDER BY id LIMIT %(rows)s FOR UPDATE SKIP LOCKED
), measured AS (
    SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM claimed
)
SELECT {", ".join(InboxRow._fields)} FROM detections_inbox JOIN measured USING (id) WHERE before < %(bytes)s ORDER BY id
"""  # noqa: S608  names of fields
# Nothing refers to these rows; one parameter instead of 250.
DELETE = "DELETE FROM detections_inbox WHERE id = ANY(%s)"


class DigestResult(NamedTuple):
    """How many rows were digested, and whether the inbox has no unclaimed row left."""

    rows: int
    empty: bool


def digest_until_empty(clock: Callable[[], datetime], limit: timedelta) -> DigestResult:
    """Digests batches until the inbox has no unclaimed row or `limit` has passed by `clock`."""
    end = clock() + limit
    total = 0
    while rows := digest_batch(clock()):
        total += rows
        if clock() >= end:
            return DigestResult(total, empty=False)
    return DigestResult(total, empty=True)


def digest_batch(now: datetime, only: Sequence[int] | None = None) -> int:
    """Digests the oldest rows (of the ids `only`, if given); returns how many, 0 when no row is free.

    A row that cannot be read is quarantined with its error. When writing raises, the batch is halved until the row
    that causes it is alone, and that row is quarantined. Raises one of TEMPORARY when PostgreSQL cannot be reached or
    two digests deadlocked; then nothing is changed, and the next digest claims the rows again.
    """
    claimed: list[InboxRow] = []
    try:
        with transaction.atomic():
            claimed += _claim(only)
            _write(claimed, now)
    except TEMPORARY:
        raise
    except Exception as error:
        return _isolate(claimed, error, now)
    return len(claimed)


def _isolate(claimed: Sequence[InboxRow], error: Exception, now: datetime) -> int:
    """Digests each half of a batch that raised `error`; quarantines the row of a batch of one. Returns how many."""
    if not claimed:
        raise error
    if len(claimed) == 1:
        set_aside(claimed[0], error, now)
        return 1
    ids = [row.id for row in claimed]
    half = len(ids) // 2
    return digest_batch(now, ids[:half]) + digest_batch(now, ids[half:])


def _claim(only: Sequence[int] | None) -> list[InboxRow]:
    """Locks and reads at most BATCH rows of at most BATCH_BYTES, oldest first."""
    with connection.cursor() as cursor:
        ids = None if only is None else list(only)
        cursor.execute(CLAIM, {"only": ids, "rows": BATCH, "bytes": BATCH_BYTES})
        return [InboxRow(*row) for row in cursor.fetchall()]


def _write(claimed: Sequence[InboxRow], now: datetime) -> None:
    """Writes the content of the rows, marks its minutes for the rules and deletes the rows; the judge task follows."""
    if not claimed:
        return
    contents = [content for row in claimed if (content := _read(row, now))]
    records = [record for content in contents for record in content.records]
    written = write_records(records)
    reports = take_reports(report for content in contents if (report := content.report))
    add_discards([*(drop for report in reports for drop in report.drops), *_duplicates(records, written.records)])
    DirtySlot.objects.bulk_create(
        DirtySlot(project_environment_id=environment, minute=minute, marked_at=now)
        for environment, minute in sorted(written.minutes)
    )
    with connection.cursor() as cursor:
        cursor.execute(DELETE, [[row.id for row in claimed]])
    if written.minutes:
        transaction.on_commit(lambda: send_once(JUDGE), robust=True)


def _read(row: InboxRow, now: datetime) -> RequestContent | None:
    """The row's content; None where it cannot be read, then it is quarantined."""
    try:
        return read(row)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        set_aside(row, error, now)
        return None


def _duplicates(records: Sequence[EventRecord], written: Sequence[EventRecord]) -> list[Drop]:
    """One drop for each record that was not written because its event was received before."""
    new = {id(record) for record in written}
    return [
        Drop(record.project_id, floor_hour(record.received_at), "duplicate", "error", 1)
        for record in records
        if id(record) not in new
    ]
