"""The private directory in which the servers listen (no ORM)."""

from __future__ import annotations

import os
import shutil
import stat

from opsconsole.runtime.embedded.errors import ServicesError, unusable
from opsconsole.runtime.embedded.layout import SERVICES, Layout
from opsconsole.runtime.embedded.server_user import Account


def check_private(layout: Layout) -> None:
    """The socket directory, if there is one, belongs to us. Raises ServicesError when another user made it."""
    try:
        found = layout.sockets.lstat()
    except FileNotFoundError:
        return
    ours = found.st_uid in {layout.owner, os.geteuid()}
    if not (stat.S_ISDIR(found.st_mode) and ours and not found.st_mode & 0o022):
        raise ServicesError(
            f"{layout.sockets} is in the way: it is not a private directory of this user (uid {layout.owner}). "
            "Remove it, or have its owner remove it, and start again."
        )


def make(layout: Layout, account: Account) -> None:
    """Make what is missing of the directories. Raises ServicesError."""
    check_private(layout)
    try:
        # As root the servers run as another user, who passes through; the directories below are that user's alone.
        _directory(layout.sockets, 0o711 if account.switch else 0o700, owner=layout.owner if account.switch else None)
        for service in SERVICES:
            _directory(layout.socket_dir(service), 0o700, owner=account.uid if account.switch else None)
    except OSError as error:
        raise unusable(layout.sockets, error) from error


def remove(layout: Layout) -> None:
    """Remove the directories with what a dead server left in them. Raises ServicesError when they are not ours."""
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
