"""The place that a restore goes to: claimed, empty, and left empty when the restore fails."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from opsconsole.runtime.backup import console_database
from opsconsole.runtime.backup.archive import HEADS, KEY, sync_directory
from opsconsole.runtime.backup.errors import BackupError
from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.file_locks import FileLock
from opsconsole.runtime.supervisor import runfile

# What a data directory may have that holds no data: traces of servers and of a console that never had any.
TRACES = {"console.lock", "services.lock", "guardian.lock", "services.log", "services.log.1", "address", KEY}


@contextlib.contextmanager
def claimed(data: Path) -> Iterator[None]:
    """Create the directory if need be and keep consoles off it in the block. Raises BackupError when one runs."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = FileLock(runfile.lock_path(data))
    except OSError as error:
        raise BackupError(f"{data} cannot be used ({error.strerror}): choose another one with --data.") from None
    with lock:
        if not lock.acquire(shared=False):
            where = (runfile.read(data) or {}).get("url", "an unknown address")
            raise BackupError(
                f"A console runs on {data}, at {where}: stop it, or restore to another directory with --data NEW. "
                "Nothing was changed."
            )
        yield


def check_directory(data: Path) -> None:
    """Raises BackupError when the directory has data, or what an interrupted restore left."""
    if runfile.unfinished_restore(data).exists():
        raise BackupError(runfile.refuse_unfinished(data))
    found = sorted(path.name for path in data.iterdir() if path.name not in TRACES)
    if found and console_database.is_embedded():
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise BackupError(
            f"{data} is not empty (it has {found[0]}{more}): restore to a new directory with --data NEW, or move its "
            "content away. Nothing was changed."
        )


def check_other_console(data: Path, key: bytes) -> None:
    """With DATABASE_URL: raises BackupError when the directory is that of a console with other data than the backup's.

    `key` is the backup's. Raises OSError.
    """
    if console_database.is_embedded():
        return
    found = (data / KEY).read_bytes().strip() if (data / KEY).exists() else b""
    if os.path.lexists(layout_of(data).cluster):
        what = "a database of its own"
    elif found and found != key.strip():
        what = f"another {KEY} than the backup"
    else:
        return
    raise BackupError(
        f"{data} has {what}, so it may be another console's: restore with --data NEW, also with DATABASE_URL. Nothing "
        "was changed."
    )


@contextlib.contextmanager
def filling(data: Path) -> Iterator[None]:
    """Marks the directory while the block fills it, so that no console starts on a part. Undoes it when it raises:
    what was there before stays."""
    marker = runfile.unfinished_restore(data)
    created = [data / name for name in (KEY, HEADS) if not os.path.lexists(data / name)]
    marker.touch(mode=0o600)
    try:
        yield
    except BaseException:
        for path in created:
            path.unlink(missing_ok=True)
        if console_database.is_embedded():
            _remove_cluster(data)
            keep_marker = False
        else:
            keep_marker = not console_database.is_empty()
        if not keep_marker:
            marker.unlink(missing_ok=True)
        raise
    marker.unlink()
    sync_directory(data)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file, as a whole, by one of mode 0600 that the directory's owner can read. Raises OSError."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            if os.geteuid() == 0:
                owner = path.parent.stat()
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _remove_cluster(data: Path) -> None:
    console_database.stop_servers()
    layout = layout_of(data)
    if layout.cluster.is_symlink():
        shutil.rmtree(layout.root_store, ignore_errors=True)
        layout.cluster.unlink(missing_ok=True)
    shutil.rmtree(layout.cluster, ignore_errors=True)
