"""Deletes the rows of a test that committed, in place of Django's flush, which takes longer than most tests.

Flush truncates all tables, most of them empty, and makes Django create all permissions and content types again.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

# Without tables that migrations fill. Deleting from a table includes its partitions.
TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission', 'opsconsole_schema_epoch')
"""
HAS_ROWS = sql.SQL("SELECT {name} WHERE EXISTS (SELECT FROM {table})")
SUPERUSER = "SELECT usesuper FROM pg_user WHERE usename = current_user"


def install() -> None:
    """Use `delete_rows` after tests that commit. Only a superuser can skip triggers; for others flush is used."""
    flush = TransactionTestCase._fixture_teardown

    def teardown(case: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(SUPERUSER)
            if cursor.fetchone() == (True,):
                delete_rows()
                return
            cursor.execute("TRUNCATE detections_event, detections_minutecount")  # flush does not know these tables
        flush(case)

    TransactionTestCase._fixture_teardown = teardown


@transaction.atomic
def delete_rows() -> None:
    """Delete all rows of TABLES without triggers, which would refuse or record the deletion."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        queries = [HAS_ROWS.format(name=sql.Literal(name), table=sql.Identifier(name)) for (name,) in cursor.fetchall()]
        cursor.execute(sql.SQL(" UNION ALL ").join(queries))
        filled = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in filled:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
