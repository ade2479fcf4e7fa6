"""The lock that a running backup holds, so that nobody drops a table that pg_dump reads (no ORM).

A DROP would wait for pg_dump to end, and whoever is behind it with it: for minutes, on a large database.
"""

from __future__ import annotations

from django.db import connection

_HOLD = "SELECT pg_advisory_xact_lock_shared(hashtext('opsconsole.backup'))"
_TRY = "SELECT pg_try_advisory_xact_lock(hashtext('opsconsole.backup'))"


def hold() -> None:
    """Until the transaction ends. Call inside one."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD)


def backup_is_running() -> bool:
    """Whether a backup is being made now, on any machine."""
    with connection.cursor() as cursor:
        cursor.execute(_TRY)
        return not cursor.fetchone()[0]
