"""The private directory of the servers' sockets (no ORM)."""

from __future__ import annotations

import os
import shutil
import stat

from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import SERVICES, Layout
from opsconsole.runtime.embedded.server_user import Account


def check_private(layout: Layout) -> None:
    """Raises ServicesError when the socket directory exists and is not private or belongs to another user."""
    try:
        stat_result = layout.sockets.lstat()
    except FileNotFoundError:
        return
    ours = stat_result.st_uid in {layout.owner, os.geteuid()}
    if not (stat.S_ISDIR(stat_result.st_mode) and ours and not stat_result.st_mode & 0o022):
        raise ServicesError(
            f"{layout.sockets} is in the way: it is not a private directory of this user (uid {layout.owner}). "
            "Remove it, or have its owner remove it, and start again."
        )


def create(layout: Layout, account: Account) -> None:
    """Create missing directories. Raises ServicesError."""
    check_private(layout)
    try:
        # For root, the servers' user passes through this directory; those below belong to that user alone.
        _directory(layout.sockets, 0o711 if account.switch else 0o700, owner=layout.owner if account.switch else None)
        for service in SERVICES:
            _directory(layout.socket_dir(service), 0o700, owner=account.uid if account.switch else None)
    except OSError as error:
        raise unusable(layout.sockets, error) from error


def remove(layout: Layout) -> None:
    """Remove the directories and stale sockets in them. Raises ServicesError when they belong to another user."""
    check_private(layout)
    shutil.rmtree(layout.sockets, ignore_errors=True)


def _directory(path: os.PathLike[str], mode: int, owner: int | None) -> None:
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        return
    os.chmod(path, mode)
    if owner is not None:
        os.chown(path, owner, -1)
