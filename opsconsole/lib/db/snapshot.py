"""What a statement of now sees, as text: whether any row of the database has changed since."""

from __future__ import annotations

from django.db import connection

SNAPSHOT = "SELECT pg_current_snapshot()::text"


def snapshot() -> str:
    """The transactions whose changes are visible now. One statement.

    While it is the same on a primary, no transaction that writes has ended, so every statement finds the same rows; in
    recovery it may stay while rows change. Changes of other databases on the same server change it too. Call it outside
    of transactions, whose own changes it does not show.
    """
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        return str(cursor.fetchall()[0][0])
