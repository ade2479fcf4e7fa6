"""What a restore prints can be pasted."""

from __future__ import annotations

import shlex
from pathlib import Path

from bootstrap.checklists.audit.verify import AuditReport
from opsconsole.runtime.backup.archive import DUMP
from opsconsole.runtime.backup.manifest import ArchivedFile, BackupManifest
from opsconsole.runtime.backup.restore import RestoreResult
from opsconsole.runtime.backup.summary import describe_restore
from tests.opsconsole.runtime.backup.test_archive import NOON


def test_the_next_command_names_a_directory_with_blanks() -> None:
    files = {DUMP: ArchivedFile(1, "a" * 64)}
    manifest = BackupManifest(created_at=NOON, server="18.6", epoch=1, migrations=(), rows={}, head=None, files=files)
    result = RestoreResult(AuditReport(0, None, (), (), (), 0), 0, other_key=False)
    data = Path("/srv/it's with blank/dir")
    last = describe_restore(manifest, data, result).splitlines()[-1]
    assert shlex.split(last) == ["Next:", "bin/run", "--data", str(data)]
