"""Locks that the kernel drops when their holder dies, however it dies (flock; no ORM)."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Self


class FileLock:
    """One flock on one file. The file stays when the lock goes: removing it would split later holders.

    A fork shares the lock (it goes when the last copy closes); an exec drops it.
    """

    def __init__(self, path: Path) -> None:
        """Opens the file, making it if need be. Raises OSError when that cannot be done."""
        self.path = path
        self._fd = _open(path)

    def acquire(self, *, shared: bool) -> bool:
        """Take or convert the lock without waiting. False when another process stands in the way."""
        try:
            fcntl.flock(self._fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def write(self, text: str) -> None:
        """Leave a word for others in the file, e.g. the holder's pid. Best effort: a full disk does not matter."""
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


def is_held(path: Path) -> bool:
    """Whether some process holds the lock exclusively. Raises OSError when the file cannot be opened."""
    if not path.exists():
        return False
    with FileLock(path) as lock:
        return not lock.acquire(shared=True)


def _open(path: Path) -> int:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o600)
    if os.geteuid() == 0:
        # Root at work in another user's directory leaves nothing there that its owner could not open.
        owner = path.parent.stat()
        os.fchown(fd, owner.st_uid, owner.st_gid)
    return fd
