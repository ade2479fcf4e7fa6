"""The migrated database from which each process of a run copies its own, kept in the embedded server for later runs.

Migrating an empty database takes seconds of processor time, copying a migrated one hardly any.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command
from django.db import connection
from psycopg import sql

from opsconsole.runtime.file_locks import FileLock
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "opsconsole_migrated_"
# What a migrated database depends on; rows of permissions and content types are completed in each copy.
SOURCES = ("*/migrations/*.py", "opsconsole/*/migrations/*.py", "opsconsole/lib/db/*.py", "requirements*.txt")


def migrated_database(lock: Path) -> str:
    """The name of the template, which the first process that asks creates while the others wait at the `lock`."""
    name = f"{PREFIX}{fingerprint()}"
    with FileLock(lock) as held:
        until(lambda: held.acquire(shared=False), within=900, what="the other process has migrated the template")
        known = _known()
        if name not in known:
            _create(name)
            _drop(known)
    return name


def fingerprint(root: Path = ROOT) -> str:
    """Differs where a migrated database may."""
    files = sorted({file for pattern in SOURCES for file in root.glob(pattern)})
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(root)}\0{file.read_text()}\0".encode())
    return digest.hexdigest()[:16]


def _known() -> list[str]:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        return [name for (name,) in cursor.fetchall()]


def _create(name: str) -> None:
    """Under another name until it is whole."""
    draft = f"{name}_draft"
    _drop([draft])
    _execute("CREATE DATABASE {}", draft)
    with _connected_to(draft):
        call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    _execute("ALTER DATABASE {} RENAME TO {}", draft, name)


def _drop(names: list[str]) -> None:
    for name in names:
        _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def _execute(statement: str, *names: str) -> None:
    with connection._nodb_cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def _connected_to(name: str) -> Iterator[None]:
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
