"""The schema epoch: which line of migrations a database belongs to (no ORM).

Migrations were started afresh once, before the first release (docs/decisions/0013-fresh-migrations.md). Django cannot
tell a database of the former line from one of today's, since both have applied a `0001_initial`; migrating it would
leave a mixture. So the first migration writes the epoch, and nothing is migrated where another one, or none, stands.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

EPOCH = 1
TABLE = "opsconsole_schema_epoch"
CREATE = f"CREATE TABLE opsconsole_schema_epoch AS SELECT {EPOCH} AS epoch"
DROP = "DROP TABLE opsconsole_schema_epoch"
_READ = "SELECT epoch FROM opsconsole_schema_epoch"
_OURS = "SELECT EXISTS (SELECT FROM django_migrations WHERE app IN ('accounts', 'bootstrap', 'detections'))"


class WrongEpoch(Exception):
    """The database belongs to another line of migrations; the text says what to do."""


def check(connection: BaseDatabaseWrapper) -> None:
    """Does nothing for an empty database and for one of this epoch. Raises WrongEpoch."""
    found = _epoch(connection)
    if found is None or found == EPOCH:
        return
    made_by = "a development version from before the first release" if found < EPOCH else "a newer opsconsole"
    raise WrongEpoch(
        f"This database was made by {made_by} (schema epoch {found}, this console's is {EPOCH}) and cannot be used or "
        "upgraded: start on a new data directory (bin/run --data DIR) or an empty database. Nothing was changed in it."
    )


def _epoch(connection: BaseDatabaseWrapper) -> int | None:
    """The database's epoch; 0 where migrations were applied before there were epochs, None where none were."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if TABLE in tables:
            cursor.execute(_READ)
            row = cursor.fetchone()
            return int(row[0]) if row else 0
        if "django_migrations" not in tables:
            return None
        cursor.execute(_OURS)
        return 0 if cursor.fetchone()[0] else None
