"""Day partitions of events and minute counts: created ahead, attached without blocking writers, dropped by age."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction
from psycopg import sql

EVENTS = "detections_event"
MINUTES = "detections_minutecount"
TABLES = (EVENTS, MINUTES)
# Beat creates them hourly. Three days outlast a weekend with a stopped beat; the digest creates missing ones.
DAYS_AHEAD = 3

EXISTING = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1
"""
# One transaction at a time: two that create the same day would fail on its name.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('detections.partitions'))"
# Created, then attached: PARTITION OF would take an exclusive lock of the parent and wait for every reader.
CREATE = "CREATE TABLE {child} (LIKE {parent} INCLUDING DEFAULTS INCLUDING STORAGE)"
ATTACH = "ALTER TABLE {parent} ATTACH PARTITION {child} FOR VALUES FROM ({start}) TO ({end})"
PENDING = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass AND inhdetachpending
"""
DETACH = "ALTER TABLE {parent} DETACH PARTITION {child} CONCURRENTLY"
FINALIZE = "ALTER TABLE {parent} DETACH PARTITION {child} FINALIZE"
DROP = "DROP TABLE {child}"


def name_of(table: str, day: date) -> str:
    """The name of the partition of that day."""
    return f"{table}_{day:%Y%m%d}"


def day_of(partition: str) -> date:
    """The day of a partition, from its name. Raises ValueError for another table's name."""
    match = re.search(r"_(\d{8})$", partition.strip('"'))
    if match is None:
        raise ValueError(f"not a day partition: {partition}")
    return datetime.strptime(match.group(1), "%Y%m%d").replace(tzinfo=UTC).date()


def existing(table: str) -> dict[date, str]:
    """The partitions of a table by day, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(EXISTING, [table])
        return {day_of(name): name for (name,) in cursor.fetchall()}


def ensure(table: str, moments: Iterable[datetime]) -> int:
    """Creates the partitions for rows of these times; returns how many were missing."""
    days = {moment.astimezone(UTC).date() for moment in moments}
    missing = days - existing(table).keys() if days else set()
    if missing:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(LOCK)
            for day in sorted(missing - existing(table).keys()):
                _create(table, day)
    return len(missing)


def ensure_ahead(now: datetime) -> int:
    """Creates the partitions of today and of DAYS_AHEAD days for both tables; returns how many were missing."""
    moments = [now + timedelta(days=ahead) for ahead in range(DAYS_AHEAD + 1)]
    return sum(ensure(table, moments) for table in TABLES)


def _create(table: str, day: date) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    names = _names(table, name_of(table, day))
    with connection.cursor() as cursor:
        cursor.execute(_text(CREATE, **names))
        bounds = {"start": sql.Literal(start), "end": sql.Literal(start + timedelta(days=1))}
        cursor.execute(_text(ATTACH, **names, **bounds))


def drop(table: str, day: date) -> None:
    """Drops one day's partition, detached first without blocking readers and writers. Not in a transaction."""
    name = name_of(table, day)
    with connection.cursor() as cursor:
        # A drop that was killed leaves its partition pending: finish that one first.
        cursor.execute(PENDING, [table])
        for (pending,) in cursor.fetchall():
            cursor.execute(_text(FINALIZE, **_names(table, pending)))
            cursor.execute(_text(DROP, child=sql.Identifier(pending)))
        if day in existing(table):
            cursor.execute(_text(DETACH, **_names(table, name)))
            cursor.execute(_text(DROP, child=sql.Identifier(name)))


def _names(parent: str, child: str) -> dict[str, sql.Identifier]:
    return {"parent": sql.Identifier(parent), "child": sql.Identifier(child)}


def _text(statement: str, **parts: sql.Composable) -> str:
    """The statement as text, which pghistory needs in a web request."""
    return sql.SQL(statement).format(**parts).as_string()
