"""Makes a backup of the console's database, key and heads. Call with Django set up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

from detections.ingest.digest import TEMPORARY, digest_until_empty
from opsconsole.lib.db import backup_lock, epoch
from opsconsole.runtime.backup import console_database, pg_tools
from opsconsole.runtime.backup.archive import DUMP, HEADS, KEY, ArchiveWriter, write_bytes
from opsconsole.runtime.backup.database_facts import DatabaseFacts, read_facts
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.manifest import BackupManifest

# Accepted requests hold what is scrubbed later, so they are digested first. What is left after this time comes along.
DRAIN = timedelta(seconds=30)
SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


def make_backup(target: Path, clock: Callable[[], datetime]) -> BackupManifest:
    """Write a backup to `target`, which appears only when it is whole, with mode 0600. The console may run.

    It has all that was committed before the call. Raises BackupError.
    """
    _check_target(target)
    server = console_database.server()
    _check_database()
    # Before the snapshot: the copy must not name a head that the dump has not.
    heads = _heads()
    _drain(clock)
    now = clock()
    try:
        with ArchiveWriter(target) as archive, transaction.atomic():
            snapshot = _export_snapshot()
            facts = read_facts()
            archive.add(DUMP, partial(pg_tools.dump, server, snapshot), now.timestamp())
            archive.add(KEY, write_bytes(settings.SECRET_KEY.encode()), now.timestamp())
            if heads:
                archive.add(HEADS, write_bytes(heads), now.timestamp())
            manifest = _manifest(archive, facts, now)
            archive.finish(manifest)
    except FileExistsError:
        raise BackupError(f"{target} was made by somebody else meanwhile, and stays. No backup was made.") from None
    except OSError as error:
        raise BackupError(f"{target} cannot be written ({error.strerror or error}). No backup was made.") from error
    return manifest


def _check_target(target: Path) -> None:
    if os.path.lexists(target):  # a link to nothing is a name too
        what = "is a directory: name a file in it" if target.is_dir() else "exists: choose another name"
        raise BackupError(f"{target} {what}. No backup was made.")
    if not target.parent.is_dir():
        raise BackupError(f"{target.parent} is no directory: create it, or choose another one. No backup was made.")


def _check_database() -> None:
    if console_database.is_empty():
        raise BackupError("The database is empty: there is nothing to back up. Start the console once with bin/run.")
    try:
        epoch.check(connection)
    except epoch.WrongEpoch as error:
        raise BackupError(f"{error} Make the backup with the opsconsole that made it.") from None


def _drain(clock: Callable[[], datetime]) -> None:
    """Digest the inbox, unless the schema is older than this code, as before an upgrade."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        with contextlib.suppress(*TEMPORARY):
            digest_until_empty(clock, DRAIN)


def _export_snapshot() -> str:
    with connection.cursor() as cursor:
        cursor.execute(SNAPSHOT)
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")  # it waits while pg_dump reads
        backup_lock.hold()
        cursor.execute("SELECT pg_export_snapshot()")
        return str(cursor.fetchone()[0])


def _heads() -> bytes:
    try:
        return Path(settings.AUDIT_HEADS_FILE).read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BackupError(
            f"{settings.AUDIT_HEADS_FILE} cannot be read ({error.strerror}). No backup was made."
        ) from None


def _manifest(archive: ArchiveWriter, facts: DatabaseFacts, now: datetime) -> BackupManifest:
    return BackupManifest(
        created_at=now,
        server=str(connection.connection.info.parameter_status("server_version")),
        epoch=facts.epoch,
        migrations=facts.migrations,
        rows=facts.rows,
        head=facts.head,
        files=dict(archive.files),
    )
