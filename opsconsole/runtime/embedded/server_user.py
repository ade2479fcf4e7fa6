"""The user that runs the servers, and which files it can reach (no ORM).

PostgreSQL refuses to run as root, so root runs the servers as another user, who must be able to reach the programs and
the data. The mode of an existing directory is never changed for that, and no user is created.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opsconsole.runtime.embedded.errors import ServicesError
from opsconsole.runtime.embedded.layout import Layout

# In order of preference; every distribution has `nobody`.
_CANDIDATES = ("opsconsole", "postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The user that runs the servers. `switch`: this process is root and changes to it."""

    name: str
    uid: int
    gid: int
    switch: bool

    @property
    def popen(self) -> dict[str, Any]:
        """Arguments of subprocess.Popen that start a child as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def own(self, path: Path) -> None:
        """Make this user the owner of a file or directory."""
        if self.switch:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def reaches(self, path: Path) -> bool:
        """Whether this user can enter a directory. The kernel decides, since modes do not show ACLs and mounts."""
        if not self.switch:
            return os.access(path, os.X_OK)
        return self._run(["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)])

    def can_run(self, binary: Path) -> bool:
        """Whether this user can execute a program and load its libraries."""
        return self._run([str(binary), "--version"])

    def _run(self, argv: list[str]) -> bool:
        try:
            done = subprocess.run(argv, check=False, capture_output=True, cwd="/", timeout=30, **self.popen)
        except (PermissionError, FileNotFoundError):
            return False
        return done.returncode == 0


def account_for(layout: Layout) -> Account:
    """The user for this data directory: the current one; for root the owner of the cluster, else of the data directory,
    else the first of the candidates that exists.

    Raises ServicesError when root may not become another user.
    """
    if os.geteuid() != 0:
        return Account(str(os.geteuid()), os.geteuid(), os.getegid(), switch=False)
    entry = _owner_of(layout.cluster) or _owner_of(layout.data) or _candidate()
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    try:
        subprocess.run(["/bin/sh", "-c", ":"], check=True, cwd="/", **account.popen)
    except (OSError, subprocess.SubprocessError) as error:
        raise ServicesError(
            f"PostgreSQL does not run as root, and root cannot become {account.name} here ({error}). "
            "Start the console as another user, or set DATABASE_URL and REDIS_URL."
        ) from None
    return account


def _owner_of(path: Path) -> pwd.struct_passwd | None:
    try:
        uid = path.stat().st_uid
        return pwd.getpwuid(uid) if uid else None
    except (OSError, KeyError):
        return None  # it does not exist, or the uid of a mounted directory has no name here


def _candidate() -> pwd.struct_passwd:
    for name in _CANDIDATES:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServicesError(
        f"PostgreSQL does not run as root, and none of the users {', '.join(_CANDIDATES)} exists. "
        "Start the console as another user, or set DATABASE_URL and REDIS_URL."
    )


def first_closed_directory(account: Account, path: Path) -> Path | None:
    """The topmost directory on the way to `path` that the account cannot enter; None if it can enter all."""
    for step in [*reversed(path.parents), path]:
        if step.is_dir() and not account.reaches(step):
            return step
    return None
