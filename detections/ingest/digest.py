"""Works off the inbox: a batch is claimed, read, written and deleted in one transaction, so each event counts once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import psycopg
from billiard.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, connection, transaction

from detections.ingest.models import DirtySlot, Inbox
from detections.ingest.quarantine import set_aside
from detections.ingest.to_records import Raw, Reading, read
from detections.telemetry.discards import add_discards
from detections.telemetry.receipts import take_reports
from detections.telemetry.record import Drop, Record
from detections.telemetry.write import write_records
from opsconsole.lib.clock import floor_hour
from opsconsole.lib.task_names import JUDGE
from opsconsole.lib.task_trigger import send_once

# Rows a transaction: fixed costs (a dozen statements, one commit) are shared by 250 events, locks last 0.2 s. Twice
# as many are four per cent faster and take 20 MB more.
BATCH = 250
# Bytes a transaction, as decoded: 884 bytes may hold 20 MB, and what is read stays in memory until it is written.
# 250 events of 60 KB fit, twice what SDKs send.
BATCH_BYTES = 16 * 1024 * 1024
# Not the fault of a row. COPY raises psycopg's own errors, past Django's translation.
LATER = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError, SoftTimeLimitExceeded)

# Locked rows are another digest's. The oldest come first; the first row is taken whatever its size. One whose size is
# not known (it came before sizes were kept) is taken alone.
CLAIM = """
WITH claimed AS (
    SELECT id, coalesce(size, %(bytes)s) AS size FROM detections_inbox
    WHERE %(only)s::bigint[] IS NULL OR id = ANY(%(only)s)
    ORDER BY id LIMIT %(rows)s FOR UPDATE SKIP LOCKED
), measured AS (
    SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM claimed
)
SELECT id, project_id, format, received_at, event_id, body, encoding, attempts
FROM detections_inbox JOIN measured USING (id) WHERE before < %(bytes)s ORDER BY id
"""


class Turn(NamedTuple):
    """How many rows were worked off, and whether none was left that is free."""

    done: int
    empty: bool


def digest_until_empty(clock: Callable[[], datetime], limit: timedelta) -> Turn:
    """Digests batches until the inbox has no unclaimed row or the time is up."""
    end = clock() + limit
    done = 0
    while rows := digest_batch(clock()):
        done += rows
        if clock() >= end:
            return Turn(done, empty=False)
    return Turn(done, empty=True)


def digest_batch(now: datetime, only: Sequence[int] | None = None) -> int:
    """Works off the oldest rows (or those of `only`); returns how many are done, 0 when none is free.

    A row that cannot be read is set aside with its error. When writing raises, the batch is halved until the row
    that does it is alone, and that one is set aside. Raises one of LATER when PostgreSQL is
    away or two digests deadlocked: nothing is changed then, and the rows are there for the next one.
    """
    claimed: list[Raw] = []
    try:
        with transaction.atomic():
            claimed += _claim(only)
            _write(claimed, now)
    except LATER:
        raise
    except Exception as error:
        return _apart(claimed, error, now)
    return len(claimed)


def _apart(claimed: Sequence[Raw], error: Exception, now: datetime) -> int:
    if not claimed:
        raise error
    if len(claimed) == 1:
        set_aside(claimed[0], error, now)
        return 1
    ids = [raw.id for raw in claimed]
    half = len(ids) // 2
    return digest_batch(now, ids[:half]) + digest_batch(now, ids[half:])


def _claim(only: Sequence[int] | None) -> list[Raw]:
    with connection.cursor() as cursor:
        chosen = None if only is None else list(only)
        cursor.execute(CLAIM, {"only": chosen, "rows": BATCH, "bytes": BATCH_BYTES})
        return [Raw(*row) for row in cursor.fetchall()]


def _write(claimed: Sequence[Raw], now: datetime) -> None:
    if not claimed:
        return
    readings = [reading for raw in claimed if (reading := _read(raw, now))]
    records = [record for reading in readings for record in reading.records]
    written = write_records(records)
    reports = take_reports(report for reading in readings if (report := reading.report))
    add_discards([*(drop for report in reports for drop in report.drops), *_duplicates(records, written.records)])
    DirtySlot.objects.bulk_create(
        DirtySlot(project_environment_id=environment, minute=minute, marked_at=now)
        for environment, minute in sorted(written.minutes)
    )
    Inbox.objects.filter(pk__in=[raw.id for raw in claimed]).delete()
    if written.minutes:
        transaction.on_commit(lambda: send_once(JUDGE), robust=True)


def _read(raw: Raw, now: datetime) -> Reading | None:
    try:
        return read(raw)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:
        set_aside(raw, error, now)
        return None


def _duplicates(records: Sequence[Record], kept: Sequence[Record]) -> list[Drop]:
    new = {id(record) for record in kept}
    return [
        Drop(record.project_id, floor_hour(record.received_at), "duplicate", "error", 1)
        for record in records
        if id(record) not in new
    ]
