"""The console's database as Django's settings name it: for pg_dump and pg_restore, and whether it is empty."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection

from opsconsole.runtime.backup.database_facts import tables
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.pg_tools import PgServer
from opsconsole.runtime.embedded import Lease, wanted_services
from opsconsole.runtime.embedded.backend.process_lease import process_lease

SHUTDOWN_TIMEOUT = 20.0  # seconds for PostgreSQL to write a checkpoint and stop
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""


def is_embedded() -> bool:
    return "postgres" in wanted_services()


def server() -> PgServer:
    """The server, started if it is the embedded one. Raises OperationalError."""
    connection.ensure_connection()
    found = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    parameters = {name: found[key] for name, key in names.items() if found[key]} | found["OPTIONS"]
    return PgServer(parameters, connection.connection.info.server_version // 10000, is_embedded())


def check_empty() -> None:
    """Raises BackupError when the database has tables, or when something else is connected to it."""
    with connection.cursor() as cursor:
        if found := tables(cursor):
            raise BackupError(
                f"The database is not empty (it has {len(found)} tables): restore into an empty one, e.g. after "
                "CREATE DATABASE, and name it by DATABASE_URL. Nothing was changed."
            )
        cursor.execute(OTHERS)
        (others,) = cursor.fetchone()
        if others:
            raise BackupError(
                f"{others} other programs are connected to the database: stop every console that uses it, then "
                "restore. Nothing was changed."
            )


def is_empty() -> bool:
    with connection.cursor() as cursor:
        return not tables(cursor)


def stop_servers() -> None:
    """Close the connection, and stop the embedded servers unless another program uses them."""
    connection.close()
    if wanted_services():
        lease: Lease = process_lease(Path(settings.DATA_DIR))
        lease.close(wait=SHUTDOWN_TIMEOUT)
