"""What backup and restore print."""

from __future__ import annotations

import shlex
from datetime import UTC
from pathlib import Path

from opsconsole.runtime.backup.archive import DUMP
from opsconsole.runtime.backup.manifest import BackupManifest
from opsconsole.runtime.backup.restore import RestoreResult


def describe_backup(file: Path, manifest: BackupManifest) -> str:
    """Size, rows, head, and how secret the file is."""
    size = sum(each.size for each in manifest.files.values())
    lines = [
        f"{file}: {size / 1e6:.1f} MB, {sum(manifest.rows.values()):,} rows of {len(manifest.rows)} tables",
        _head(manifest),
        "The file has mode 0600. It holds the secret key, the hashes of passwords and tokens, and all that "
        "applications sent: keep it like a password.",
    ]
    if manifest.inbox:
        lines.append(
            f"{manifest.inbox:,} accepted requests could not be digested before and are in it as they came, unscrubbed."
        )
    return "".join(f"{line}\n" for line in lines)


def describe_restore(manifest: BackupManifest, data: Path, result: RestoreResult) -> str:
    """What is there again, what is not, and what to do next."""
    then = f"{manifest.created_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    lines = [
        f"Restored to {data}: {sum(manifest.rows.values()):,} rows of {len(manifest.rows)} tables, as of {then}; "
        f"database.dump {manifest.files[DUMP].sha256}",
        _head(manifest),
        *(f"verify_audit: {finding}" for finding in result.audit.findings),
        f"Passwords, tokens, sessions and members are those of {then}: what was changed or revoked since has to be "
        "changed or revoked again.",
    ]
    if result.unsent_messages:
        lines.append(
            f"{result.unsent_messages:,} messages of alerts waited to be sent then: the console sends them when it "
            "starts, also those that were sent since."
        )
    if result.other_key:
        lines.append(
            "SECRET_KEY is set here to another key than the backup's: everybody has to log in again, and the stored "
            "secrets of receivers cannot be opened unless SECRET_KEY_FALLBACKS names that key."
        )
    lines.append(f"Next: bin/run --data {shlex.quote(str(data))}")
    return "".join(f"{line}\n" for line in lines)


def _head(manifest: BackupManifest) -> str:
    if manifest.head is None:
        return "Sign-offs: none"
    return f"Sign-offs: {manifest.head.acts:,}, head {manifest.head}"
