"""What stands in the database: rows by table, migrations, epoch, the chain's head. By SQL that fits older schemas."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from bootstrap.checklists.audit.chain_head import ChainHead
from opsconsole.lib.db import epoch

# Without partitions, which are counted with their parent.
TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
COUNT = sql.SQL("SELECT count(*) FROM {table}")
HEAD = """
SELECT id, hash, (SELECT count(*) FROM bootstrap_signoff), at FROM bootstrap_signoff ORDER BY id DESC LIMIT 1
"""
SIGN_OFFS = "bootstrap_signoff"


@dataclass(frozen=True)
class DatabaseFacts:
    """Rows by table, applied migrations as `app.name`, schema epoch, head of the chain of sign-offs."""

    rows: dict[str, int]
    migrations: tuple[str, ...]
    epoch: int
    head: ChainHead | None


def read_facts() -> DatabaseFacts:
    """The facts of one snapshot if it is called in a transaction of REPEATABLE READ. Counts read every table."""
    with connection.cursor() as cursor:
        names = tables(cursor)
        rows = {name: _count(cursor, name) for name in names}
        return DatabaseFacts(rows, _migrations(cursor, names), _epoch(cursor, names), _head(cursor, names))


def tables(cursor: CursorWrapper) -> list[str]:
    """The tables of the database; none in an empty one."""
    cursor.execute(TABLES)
    return [name for (name,) in cursor.fetchall()]


def _count(cursor: CursorWrapper, table: str) -> int:
    cursor.execute(COUNT.format(table=sql.Identifier(table)).as_string())
    return int(cursor.fetchone()[0])


def _migrations(cursor: CursorWrapper, names: list[str]) -> tuple[str, ...]:
    if "django_migrations" not in names:
        return ()
    cursor.execute("SELECT app, name FROM django_migrations ORDER BY id")
    return tuple(f"{app}.{name}" for app, name in cursor.fetchall())


def _epoch(cursor: CursorWrapper, names: list[str]) -> int:
    if epoch.TABLE not in names:
        return 0
    cursor.execute(epoch.READ)
    row = cursor.fetchone()
    return int(row[0]) if row else 0


def _head(cursor: CursorWrapper, names: list[str]) -> ChainHead | None:
    if SIGN_OFFS not in names:
        return None
    cursor.execute(HEAD)
    row = cursor.fetchone()
    return ChainHead(*row) if row else None
