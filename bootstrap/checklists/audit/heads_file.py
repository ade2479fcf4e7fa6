"""The file of heads in the data directory: a line of JSON for each, only ever appended to (no ORM).

    {"number": 12, "hash": "…", "acts": 12, "at": "2026-06-12T12:00:00+00:00"}

Each sign-off and each day add one. Whoever may write to the data directory can change the file: it shows what was done
to the database alone. On several machines each has its own file, with the heads of the acts that it accepted.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bootstrap.checklists.audit.chain_head import HASH, ChainHead, KnownHead

NAME = "audit_heads.jsonl"


@dataclass(frozen=True)
class HeadsFile:
    """The heads in a file, oldest first. `problems` are sentences about lines, or a file, that cannot be read."""

    path: Path
    exists: bool
    heads: tuple[KnownHead, ...] = ()
    problems: tuple[str, ...] = ()


def append(path: Path, head: ChainHead) -> None:
    """Add a head. It is on the disk when this returns, or nothing of it is in the file. Raises OSError."""
    line = {"number": head.number, "hash": head.hash, "acts": head.acts, "at": head.at.astimezone(UTC).isoformat()}
    path.parent.mkdir(parents=True, exist_ok=True)  # with DATABASE_URL nothing else may have made it
    fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        if os.geteuid() == 0:
            # As FileLock does: the owner of the directory must be able to append to a file that root created.
            owner = path.parent.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)
        _add_line(fd, json.dumps(line).encode() + b"\n", path)
        os.fsync(fd)
    finally:
        os.close(fd)


def _add_line(fd: int, line: bytes, path: Path) -> None:
    """Append the whole line or nothing. Raises OSError."""
    fcntl.flock(fd, fcntl.LOCK_EX)  # of other processes that append: what is taken back must be the last; until closed
    size = os.fstat(fd).st_size
    # A line that a loss of power cut off must not swallow this one.
    content = b"\n" + line if size and os.pread(fd, 1, size - 1) != b"\n" else line
    if os.write(fd, content) != len(content):
        os.ftruncate(fd, size)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def read(path: Path) -> HeadsFile:
    """The heads of a file. Raises nothing: what cannot be read is a problem."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return HeadsFile(path, exists=False)
    except OSError as error:
        return HeadsFile(path, exists=True, problems=(f"{path} cannot be read: {error.strerror}",))
    heads, problems = [], []
    for number, line in enumerate(lines, 1):
        try:
            heads.append(_parsed(line, f"line {number} of {path}"))
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
            problems.append(f"line {number} of {path} is no head and was not compared")
    return HeadsFile(path, True, tuple(heads), tuple(problems))


def _parsed(line: bytes, source: str) -> KnownHead:
    found = json.loads(line)
    number, acts, digest = int(found["number"]), int(found["acts"]), str(found["hash"])
    if number < 1 or acts < 1 or not HASH.fullmatch(digest):
        raise ValueError(source)
    return KnownHead(digest, source, number, acts, datetime.fromisoformat(found["at"]).astimezone(UTC))
