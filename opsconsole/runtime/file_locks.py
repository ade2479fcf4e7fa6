"""File locks by flock, which the kernel releases when the process dies (no ORM)."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """A flock on a file. The file is never removed: processes could then lock two files of the same name.

    Forks share the lock, which ends when the last copy is closed; exec closes it.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, and create it if need be. Raises OSError."""
        self.path = path
        self._fd = _open(path)

    def acquire(self, *, shared: bool) -> bool:
        """Take or convert the lock without waiting. False when another process has it."""
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def write(self, text: str) -> None:
        """Replace the file's text, e.g. by the pid of the owner. Ignores a full disk."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, text.encode(), 0)

    def read(self) -> str:
        return os.pread(self._fd, 4096, 0).decode(errors="replace").strip()

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_locked(path: Path) -> bool:
    """Whether a process has locked the file exclusively. Raises OSError when the file cannot be opened."""
    if not path.exists():
        return False
    with FileLock(path) as lock:
        return not lock.acquire(shared=True)


def _open(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
    if os.geteuid() == 0:
        # The owner of the directory must be able to open a file that root creates in it.
        owner = path.parent.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd
