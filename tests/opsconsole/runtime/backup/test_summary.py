"""What a restore tells about a key that is not the backup's."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from bootstrap.checklists.audit.verify import AuditReport
from opsconsole.runtime.backup.archive import DUMP
from opsconsole.runtime.backup.manifest import ArchivedFile, BackupManifest
from opsconsole.runtime.backup.restore import RestoreResult, is_other_key
from opsconsole.runtime.backup.summary import describe_restore

OLD, NEW = "o" * 50, "n" * 50


def test_the_backups_key_may_be_a_former_one(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert is_other_key(OLD)
    assert not is_other_key(NEW)
    settings.SECRET_KEY_FALLBACKS = [OLD]
    assert not is_other_key(OLD)


@pytest.mark.parametrize("other", [False, True])
def test_another_key_is_told_with_what_it_means(other: bool) -> None:
    manifest = BackupManifest(
        created_at=datetime(2026, 6, 12, tzinfo=UTC),
        server="18",
        epoch=1,
        migrations=(),
        rows={},
        head=None,
        files={DUMP: ArchivedFile(1, "a" * 64)},
    )
    result = RestoreResult(AuditReport(0, None, (), (), (), 0), unsent_messages=0, other_key=other)
    text = describe_restore(manifest, Path("/srv/new"), result)
    assert ("everybody has to log in again" in text) == other
    assert ("stored secrets of receivers cannot be opened unless SECRET_KEY_FALLBACKS names that key" in text) == other
