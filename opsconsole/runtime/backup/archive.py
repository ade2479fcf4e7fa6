"""The tar archive: written in one pass under a temporary name, and verified before anything of it is used (no ORM)."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol, Self

from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.backup.manifest import ArchivedFile, BackupManifest, decode, encode

DUMP, KEY, HEADS, MANIFEST = "database.dump", "secret_key", "audit_heads.jsonl", "manifest.json"
CHUNK = 1024 * 1024
LARGEST_MANIFEST = 1024 * 1024
BLOCK = tarfile.BLOCKSIZE
# link(2) on file systems without hard links: FAT, some of FUSE and of network shares.
NO_LINKS = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK}
NO_BACKUP = "is not a backup of opsconsole, or was cut off: use another one. Nothing was changed."


class Sink(Protocol):
    """What a member's bytes are written to."""

    def write(self, data: bytes, /) -> int: ...


class ArchiveWriter:
    """Writes members to a draft beside the target. `finish` gives it its name; without that nothing is left.

    A member's size need not be known before it is written: its header is written afterwards.
    """

    def __init__(self, target: Path) -> None:
        """Raises OSError."""
        self.target = target
        self.files: dict[str, ArchivedFile] = {}
        # Not by its process: ids repeat among containers that share the folder.
        self._draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
        self._out = open(os.open(self._draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")  # noqa: SIM115 - closed on exit

    def add(self, name: str, write: Callable[[Sink], None], mtime: float) -> ArchivedFile:
        """Append a member, whose bytes `write` writes to the file that it is given."""
        start = self._out.tell()
        self._out.write(bytes(BLOCK))
        hashing = _HashingFile(self._out)
        write(hashing)
        self._out.write(bytes(-hashing.size % BLOCK))
        end = self._out.tell()
        header = tarfile.TarInfo(name)
        header.size, header.mode, header.mtime = hashing.size, 0o600, int(mtime)
        self._out.seek(start)
        self._out.write(header.tobuf(tarfile.GNU_FORMAT))
        self._out.seek(end)
        self.files[name] = ArchivedFile(hashing.size, hashing.digest.hexdigest())
        return self.files[name]

    def finish(self, manifest: BackupManifest) -> None:
        """Append the manifest, and give the archive its name once it is on the disk.

        Raises OSError: FileExistsError when somebody has taken the name meanwhile, whose file stays.
        """
        self.add(MANIFEST, write_bytes(encode(manifest)), manifest.created_at.timestamp())
        self._out.write(bytes(2 * BLOCK))
        self._out.flush()
        os.fsync(self._out.fileno())
        _name(self._draft, self.target)
        sync_directory(self.target.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # what is buffered, on a full disk
            self._out.close()
        self._draft.unlink(missing_ok=True)


def _name(draft: Path, target: Path) -> None:
    """Give a file a name that nobody has, in one step. Raises FileExistsError, where rename(2) would replace."""
    try:
        os.link(draft, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        # An empty file takes the name, which also succeeds for one only, and is then replaced by the whole one.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            draft.rename(target)
        except OSError:
            target.unlink(missing_ok=True)
            raise
    draft.unlink(missing_ok=True)


class ArchiveReader:
    """An archive that was verified: every member is there, with the size and the hash of the manifest."""

    def __init__(self, path: Path) -> None:
        """Read the whole file. Raises BackupError unless it is a whole backup."""
        self.path = path
        try:
            self._tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed on exit
        except (tarfile.TarError, EOFError):
            raise BackupError(f"{path} {NO_BACKUP}") from None
        except OSError as error:
            raise _unreadable(path, error) from None
        with contextlib.ExitStack() as on_error:
            on_error.callback(self._tar.close)
            self._read()
            on_error.pop_all()

    def _read(self) -> None:
        try:
            self._members = {member.name: member for member in self._tar.getmembers() if member.isfile()}
            self.manifest = decode(self.read(MANIFEST, LARGEST_MANIFEST))
            self._verify()
        except OSError as error:
            raise _unreadable(self.path, error) from None
        except (tarfile.TarError, KeyError, EOFError):
            raise BackupError(f"{self.path} {NO_BACKUP}") from None

    def read(self, name: str, limit: int = CHUNK) -> bytes:
        """A small member. Raises KeyError without it."""
        if self._members[name].size > limit:
            raise tarfile.ReadError(name)
        return b"".join(self.chunks(name))

    def has(self, name: str) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        return self._members[name].size

    def chunks(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, a piece at a time. Raises KeyError."""
        content = self._tar.extractfile(self._members[name])
        assert content is not None  # only files are in _members
        with content:
            while chunk := content.read(CHUNK):
                yield chunk

    def _verify(self) -> None:
        for name in (DUMP, KEY):
            if name not in self.manifest.files:
                raise KeyError(name)
        for name, expected in self.manifest.files.items():
            digest = hashlib.sha256()
            size = 0
            for chunk in self.chunks(name):
                digest.update(chunk)
                size += len(chunk)
            if (size, digest.hexdigest()) != (expected.size, expected.sha256):
                raise BackupError(
                    f"{self.path} is damaged: its {name} is not what was written. Use another backup. "
                    "Nothing was changed."
                )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()


def _unreadable(path: Path, error: OSError) -> BackupError:
    return BackupError(f"{path} cannot be read: {error.strerror or error}.")


class _HashingFile:
    """A file to write to, which counts and hashes the bytes."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.size += len(data)
        self.digest.update(data)
        return self._out.write(data)


def write_bytes(content: bytes) -> Callable[[Sink], None]:
    """For `ArchiveWriter.add`: writes these bytes."""

    def write(out: Sink) -> None:
        out.write(content)

    return write


def sync_directory(folder: Path) -> None:
    """Write a directory's entries to the disk, so that a rename outlasts a loss of power."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
