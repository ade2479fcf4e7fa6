"""After a test that commits: its rows are deleted, in place of Django's flush, which takes longer than the test.

Flush truncates all tables, nearly all of them empty, and has Django make every permission and content type again.
"""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

# What migrating leaves in the tables stays. The partitions of a table are emptied with it.
TABLES = """
SELECT relname FROM pg_class
WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission', 'opsconsole_schema_epoch')
"""
HAS_ROWS = sql.SQL("SELECT {name} WHERE EXISTS (SELECT FROM {table})")
SUPERUSER = "SELECT usesuper FROM pg_user WHERE usename = current_user"


def install() -> None:
    """Let Django's and pytest's tests that commit end so. Only a superuser can leave out triggers; others flush."""
    flush = TransactionTestCase._fixture_teardown

    def end(case: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(SUPERUSER)
            if cursor.fetchone() == (True,):
                delete_rows()
                return
            cursor.execute("TRUNCATE detections_event, detections_minutecount")  # flush knows Django's tables alone
        flush(case)

    TransactionTestCase._fixture_teardown = end


@transaction.atomic
def delete_rows() -> None:
    """Without triggers: some keep rows from being deleted, others write down that they were."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        asked = [HAS_ROWS.format(name=sql.Literal(name), table=sql.Identifier(name)) for (name,) in cursor.fetchall()]
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        filled = [name for (name,) in cursor.fetchall()]
        cursor.execute("SET LOCAL session_replication_role = replica")
        for name in filled:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
