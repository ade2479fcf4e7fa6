"""The shipped content for many tests: loaded once by its loader, then restored by COPY."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from bootstrap.content import load as load_runbooks
from detections.alerts.default_policies import load as load_policies
from opsconsole.lib import clock

__all__ = ["ContentRows", "load_everything", "load_policies", "load_runbooks"]

TABLES = """
SELECT relname FROM pg_class
WHERE relkind = 'r' AND NOT relispartition AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
# Content refers to Django's permissions, which may get new ids after a test that commits.
STATE = "SELECT max(id), (SELECT usesuper FROM pg_user WHERE usename = current_user) FROM auth_permission"


def load_everything() -> None:
    """Load all content as each start does."""
    call_command("load_content", verbosity=0)


@dataclass
class ContentRows:
    """The rows that loaders added, in the text format of COPY, by loader and table."""

    _rows: dict[tuple[object, ...], dict[str, list[bytes]]] = field(default_factory=dict)

    def restore(self, load: Callable[[], object]) -> None:
        """Insert the rows that `load` adds, which are cached for at most an hour. The database must have none of them.

        If the user may not skip triggers, call `load` instead.
        """
        with connection.cursor() as cursor:
            cursor.execute(STATE)
            permissions, superuser = cursor.fetchone()
        key = (load, permissions, clock.now().replace(minute=0, second=0, microsecond=0))
        if key in self._rows:
            _insert(self._rows[key])
            return
        if not superuser:
            load()
            return
        before = _all_rows()
        load()
        after = _all_rows()
        changed = {table: rows for table, rows in after.items() if rows != before[table]}
        assert all(set(before[table]) <= set(rows) for table, rows in changed.items()), "a loader only adds rows"
        self._rows[key] = {table: [row for row in rows if row not in before[table]] for table, rows in changed.items()}


def _all_rows() -> dict[str, list[bytes]]:
    """The rows of all tables by table."""
    rows = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for (table,) in cursor.fetchall():
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
                rows[table] = b"".join(copy).splitlines(keepends=True)
    return rows


@transaction.atomic
def _insert(rows: dict[str, list[bytes]]) -> None:
    """Insert rows without triggers, which ran when the rows were created first.

    Sequences need no change: they gave these ids before, and a rollback does not reset them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, lines in rows.items():
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                copy.write(b"".join(lines))
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
