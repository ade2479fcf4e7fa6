"""Errors of the embedded servers, with messages that say what to do (pure)."""

from __future__ import annotations

import errno
from pathlib import Path

_REMEDIES = {
    errno.ENOSPC: ": the disk is full. Free some space, or choose another data directory with --data",
    errno.EDQUOT: ": the disk quota is used up. Free some space, or choose another data directory with --data",
    errno.EROFS: ": the file system is read-only. Choose a data directory that can be written with --data",
    errno.EACCES: ": this user may not write there. Change the owner of the directory, or choose another with --data",
    errno.EPERM: ": this user may not write there. Change the owner of the directory, or choose another with --data",
    errno.ENOTDIR: ": a part of the path is a file. Choose another data directory with --data",
    errno.EEXIST: ": a file is in the way. Choose another data directory with --data",
    errno.ENAMETOOLONG: ": the path is too long. Choose another data directory with --data",
    errno.ELOOP: ": a symbolic link is in the way. Remove it, or choose another data directory with --data",
}


class ServicesError(Exception):
    """The embedded PostgreSQL or Redis cannot run; the text says what is wrong and what to do."""


def unusable(path: Path, error: OSError) -> ServicesError:
    """The ServicesError for an OSError on a path of the data directory, with cause and remedy by its errno."""
    remedy = _REMEDIES.get(error.errno or 0, ". Choose another data directory with --data")
    return ServicesError(f"Cannot use {path} ({error.strerror}){remedy}.")
