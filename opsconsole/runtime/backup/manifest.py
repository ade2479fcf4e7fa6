"""What a backup says about itself, as JSON (pure)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bootstrap.checklists.audit.chain_head import ChainHead
from opsconsole.runtime.backup.errors import BackupError

FORMAT = 1
NOTE = "Holds the secret key and everything that people and applications sent: keep it like a password."


class ArchivedFile(msgspec.Struct, frozen=True):
    """Bytes and SHA-256 (hex) of a file in the archive."""

    size: int
    sha256: str


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`rows` by table, partitions counted with their parent; `migrations` as `app.name`; `server` is PostgreSQL's
    version as text; `head` is None while nobody has signed anything."""

    format: int = FORMAT
    note: str = NOTE
    created_at: datetime
    server: str
    epoch: int
    migrations: tuple[str, ...]
    rows: dict[str, int]
    head: ChainHead | None
    files: dict[str, ArchivedFile]

    @property
    def inbox(self) -> int:
        """Accepted requests that no digest has read yet."""
        return self.rows.get("detections_inbox", 0)


def encode(manifest: BackupManifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(content: bytes) -> BackupManifest:
    """Raises BackupError for another format and for what is no manifest."""
    try:
        found = msgspec.json.decode(content, type=_Format).format
        if found != FORMAT:
            raise BackupError(
                f"The backup has format {found}; this console reads format {FORMAT}: restore with its own."
            )
        return msgspec.json.decode(content, type=BackupManifest)
    except msgspec.DecodeError as error:
        raise BackupError(f"The backup's manifest cannot be read ({error}): use another backup.") from None


class _Format(msgspec.Struct):
    format: int
