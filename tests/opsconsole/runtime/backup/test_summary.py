"""What a restore prints: what another key means, and a command that can be pasted."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from pytest_django import Settings

from bootstrap.checklists.audit.verify import AuditReport
from opsconsole.runtime.backup.archive import DUMP
from opsconsole.runtime.backup.manifest import ArchivedFile, BackupManifest
from opsconsole.runtime.backup.restore import RestoreResult, is_other_key
from opsconsole.runtime.backup.summary import describe_restore
from tests.opsconsole.runtime.backup.test_archive import NOON

OLD, NEW = "o" * 50, "n" * 50


def described(data: Path, *, other_key: bool) -> str:
    files = {DUMP: ArchivedFile(1, "a" * 64)}
    manifest = BackupManifest(created_at=NOON, server="18.6", epoch=1, migrations=(), rows={}, head=None, files=files)
    return describe_restore(manifest, data, RestoreResult(AuditReport(0, None, (), (), (), 0), 0, other_key=other_key))


def test_the_backups_key_may_be_a_former_one(settings: Settings) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert is_other_key(OLD)
    assert not is_other_key(NEW)
    settings.SECRET_KEY_FALLBACKS = [OLD]
    assert not is_other_key(OLD)


@pytest.mark.parametrize("other", [False, True])
def test_another_key_is_told_with_what_it_means(other: bool) -> None:
    text = described(Path("/srv/new"), other_key=other)
    assert ("everybody has to log in again" in text) == other
    assert ("stored secrets of receivers cannot be opened unless SECRET_KEY_FALLBACKS names that key" in text) == other


def test_the_next_command_names_a_directory_with_blanks() -> None:
    data = Path("/srv/it's with blank/dir")
    last = described(data, other_key=False).splitlines()[-1]
    assert shlex.split(last) == ["Next:", "bin/run", "--data", str(data)]
