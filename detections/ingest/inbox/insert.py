"""The statements of the group commit: inbox rows and the heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from detections.ingest.inbox_row import COLUMNS, InboxRow
from detections.telemetry.add_counts import cover
from detections.telemetry.models import Series

# One statement and one round trip: half the time of a COPY for a few rows. %b sends the body as bytes, not as text.
INSERT = f"INSERT INTO detections_inbox ({', '.join(COLUMNS)}) VALUES "  # noqa: S608  names of fields
VALUES = f"({', '.join(['%b'] * len(COLUMNS))})"
UNREACHABLE = (OperationalError, InterfaceError)


def insert(rows: Sequence[InboxRow]) -> None:
    """Commits the rows, all or none.

    Raises one of UNREACHABLE when PostgreSQL is, another DatabaseError when it refuses a row (its project was deleted a
    moment ago).
    """
    connection.ensure_connection()
    statement = INSERT + ", ".join([VALUES] * len(rows))
    # psycopg's own cursor binds parameters on the server; Django's would write the body into the statement. In
    # autocommit the statement is its own transaction: this returns when the commit is on disk.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, [value for row in rows for value in row[: len(COLUMNS)]])


def insert_each(rows: Sequence[InboxRow]) -> list[bool]:
    """Commits row by row; for each row, whether it was stored. Raises one of UNREACHABLE when PostgreSQL is."""
    stored: list[bool] = []
    for row in rows:
        try:
            insert([row])
        except UNREACHABLE:
            raise
        except DatabaseError:
            stored.append(False)
        else:
            stored.append(True)
    return stored


def heartbeat(now: datetime) -> None:
    """Marks the minute of `now` as covered: ingest was up, so that no events means zero."""
    cover(Series.Source.SENTRY, [now.replace(second=0, microsecond=0)])


def ask() -> None:
    """Raises one of UNREACHABLE unless PostgreSQL answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
