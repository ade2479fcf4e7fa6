"""The schema epoch: the series of migrations that a database belongs to (no ORM).

Migrations were rewritten once, before the first release (docs/decisions/0013-fresh-migrations.md). Django cannot
distinguish a database of the former series, since both have applied a `0001_initial`; migrating it would mix the two.
So the first migration stores the epoch, and a database with another epoch or none is not migrated.
"""

from __future__ import annotations

from django.db.backends.base.base import BaseDatabaseWrapper

EPOCH = 1
TABLE = "opsconsole_schema_epoch"
CREATE = f"CREATE TABLE opsconsole_schema_epoch AS SELECT {EPOCH} AS epoch"
DROP = "DROP TABLE opsconsole_schema_epoch"
READ = "SELECT epoch FROM opsconsole_schema_epoch"
_HAS_OUR_MIGRATIONS = (
    "SELECT EXISTS (SELECT FROM django_migrations WHERE app IN ('accounts', 'bootstrap', 'detections'))"
)


class WrongEpoch(Exception):
    """The database has another schema epoch; the text says what to do."""


def check(connection: BaseDatabaseWrapper) -> None:
    """Raises WrongEpoch unless the database is empty or has this epoch."""
    stored = _epoch(connection)
    if stored is None or stored == EPOCH:
        return
    made_by = "a development version from before the first release" if stored < EPOCH else "a newer opsconsole"
    raise WrongEpoch(
        f"This database was made by {made_by} (schema epoch {stored}, this console's is {EPOCH}) and cannot be used or "
        "upgraded. Start on a new data directory (bin/run --data DIR) or an empty database. Nothing was changed in it."
    )


def _epoch(connection: BaseDatabaseWrapper) -> int | None:
    """The stored epoch; 0 if migrations were applied before epochs existed, None if none were applied."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        if TABLE in tables:
            cursor.execute(READ)
            row = cursor.fetchone()
            return int(row[0]) if row else 0
        if "django_migrations" not in tables:
            return None
        cursor.execute(_HAS_OUR_MIGRATIONS)
        return 0 if cursor.fetchone()[0] else None
