"""Restores a backup into an empty place. Call with Django set up for that place."""

from __future__ import annotations

import getpass
import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader

from bootstrap.checklists.audit.chain_head import KnownHead
from bootstrap.checklists.audit.note_head import current_head, keep
from bootstrap.checklists.audit.verify import AuditReport, verify_audit
from bootstrap.checklists.models import RestoreRecord
from detections.alerts.delivery.outbox import UNFINISHED
from detections.alerts.delivery_models import Delivery
from opsconsole.lib.db import epoch
from opsconsole.runtime.backup import console_database, pg_tools
from opsconsole.runtime.backup.archive import DUMP, HEADS, KEY, ArchiveReader
from opsconsole.runtime.backup.database_facts import read_facts
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.manifest import BackupManifest
from opsconsole.runtime.backup.target import check_directory, check_other_console, filling, write_private

logger = logging.getLogger(__name__)
OWN_APPS = ("accounts", "bootstrap", "detections")


@dataclass(frozen=True)
class RestoreResult:
    """What the operator has to know afterwards: the audit's result, messages that will be sent, perhaps again, and
    whether the backup's key is neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS."""

    audit: AuditReport
    unsent_messages: int
    other_key: bool


def restore_backup(archive: ArchiveReader, data: Path, now: datetime) -> RestoreResult:
    """Restore into the data directory, or into the database of DATABASE_URL. Call in `target.claimed`.

    All or nothing: what fails leaves the place empty. Raises BackupError.
    """
    check_known(archive.manifest)
    check_directory(data)
    check_other_console(data, archive.read(KEY))
    with filling(data):
        server = console_database.server()
        console_database.check_empty()
        pg_tools.check_restorable(server)
        pg_tools.restore(server, archive.chunks(DUMP))
        _compare(archive.manifest)
        call_command("migrate", interactive=False, verbosity=0)
        _record(archive, now)
        unsent = Delivery.objects.filter(status__in=UNFINISHED).count()
        other_key = is_other_key(archive.read(KEY).decode())
        audit = _write_files(archive, data, now)
        return RestoreResult(audit, unsent, other_key)


def is_other_key(key: str) -> bool:
    """Whether this console takes nothing that was signed or sealed with the key."""
    return key not in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def check_known(manifest: BackupManifest) -> None:
    """Raises BackupError when this console cannot read the backup's schema. An older one is migrated."""
    if manifest.epoch != epoch.EPOCH:
        raise BackupError(
            f"The backup has schema epoch {manifest.epoch}, this console's is {epoch.EPOCH}: restore it with the "
            "opsconsole that made it. Nothing was changed."
        )
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = [name for name in manifest.migrations if name.startswith(OWN_APPS) and name not in known]
    if unknown:
        raise BackupError(
            f"The backup was made by a newer opsconsole (migration {unknown[0]} is unknown here): upgrade this one, "
            "then restore. Nothing was changed."
        )


def _compare(manifest: BackupManifest) -> None:
    """Raises BackupError unless every table has the rows, and the chain the head, that were counted in the snapshot."""
    found = read_facts()
    wrong = [name for name in sorted({*manifest.rows, *found.rows}) if manifest.rows.get(name) != found.rows.get(name)]
    if wrong:
        have, want = found.rows.get(wrong[0]), manifest.rows.get(wrong[0])
        raise BackupError(f"The restored {wrong[0]} has {have} rows and the backup counted {want}: use another backup.")
    if (found.head and str(found.head)) != (manifest.head and str(manifest.head)):
        raise BackupError(f"The restored sign-offs end with {found.head}, the backup's with {manifest.head}.")


def _write_files(archive: ArchiveReader, data: Path, now: datetime) -> AuditReport:
    """Verify with the backup's heads, then replace the key and note the head: last, since these cannot be undone."""
    if archive.has(HEADS) and not (data / HEADS).exists():
        write_private(data / HEADS, b"".join(archive.chunks(HEADS)))
    audit = _verify(archive.manifest)
    write_private(data / KEY, archive.read(KEY))
    if head := current_head(now):
        keep(head)
    return audit


def _record(archive: ArchiveReader, now: datetime) -> None:
    """Note the restore: an append-only row, and a line in the log."""
    manifest = archive.manifest
    record = RestoreRecord.objects.create(
        at=now,
        by_name=_user(),
        backup_at=manifest.created_at,
        file=str(archive.path)[:500],
        sha256=manifest.files[DUMP].sha256,
        head=str(manifest.head or ""),
    )
    logger.warning("database restored from a backup: %s", record)


def _verify(manifest: BackupManifest) -> AuditReport:
    known = []
    if head := manifest.head:
        known = [KnownHead(head.hash, "the backup's manifest", head.number, head.acts, manifest.created_at)]
    return verify_audit(known)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return "unknown"
