"""What the flusher writes: inbox rows, discards, the heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from detections.telemetry.count import cover
from detections.telemetry.models import Series

# One statement and one answer, in half the time of a COPY for a few rows; %b sends the body as bytes, not as text.
INSERT = """
INSERT INTO detections_inbox (project_id, format, received_at, event_id, body, encoding, size, attempts) VALUES
"""
VALUES = "(%b, %b, %b, %b, %b, %b, %b, 0)"
AWAY = (OperationalError, InterfaceError)


class Row(NamedTuple):
    """A row of the inbox to be."""

    project_id: int
    format: str
    received_at: datetime
    event_id: UUID
    body: bytes
    encoding: str
    size: int


def insert(rows: Sequence[Row]) -> None:
    """Commits the rows, all or none. Raises OperationalError, InterfaceError when PostgreSQL is away,
    another DatabaseError when it refuses a row (its project was deleted a moment ago)."""
    connection.ensure_connection()
    statement = INSERT + ", ".join([VALUES] * len(rows))
    # psycopg's own cursor binds parameters on the server; Django's would write the body into the statement. In
    # autocommit the statement is its own transaction: this returns when the commit is on disk.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, [field for row in rows for field in row])


def insert_each(rows: Sequence[Row]) -> list[bool]:
    """Commits row by row; says which went in. Raises as `insert` only when PostgreSQL is away."""
    done: list[bool] = []
    for row in rows:
        try:
            insert([row])
        except AWAY:
            raise
        except DatabaseError:
            done.append(False)
        else:
            done.append(True)
    return done


def beat(now: datetime) -> None:
    """The heartbeat: in this minute events could come in, so that no events means zero."""
    cover(Series.Source.SENTRY, [now.replace(second=0, microsecond=0)])
