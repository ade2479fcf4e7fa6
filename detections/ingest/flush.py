"""What the flusher writes: inbox rows with COPY, discards, the heartbeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from detections.telemetry.count import cover
from detections.telemetry.models import Series

COPY = """
COPY detections_inbox (project_id, format, received_at, event_id, body, encoding, attempts)
FROM STDIN (FORMAT BINARY)
"""
TYPES = ("int8", "varchar", "timestamptz", "uuid", "bytea", "varchar", "int2")
AWAY = (OperationalError, InterfaceError)


class Row(NamedTuple):
    """A row of the inbox to be."""

    project_id: int
    format: str
    received_at: datetime
    event_id: UUID
    body: bytes
    encoding: str


def insert(rows: Sequence[Row]) -> None:
    """Commits the rows, all or none. Raises OperationalError, InterfaceError when PostgreSQL is away,
    another DatabaseError when it refuses a row (its project was deleted a moment ago)."""
    # In autocommit a COPY is its own transaction: it returns when the commit is on disk.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for row in rows:
            copy.write_row((*row, 0))


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
