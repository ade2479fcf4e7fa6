"""Removes the first admin's password from the environment that `ps e` and /proc/<pid>/environ show.

They show the environment as it was when the program started. So the process executes itself again without the password,
which it then reads from an in-memory file that only it and its children have open.
"""

from __future__ import annotations

import os
import sys

NAME = "OPSCONSOLE_ADMIN_PASSWORD"


def hide_password() -> None:
    """Execute this program again if the environment has the password and the system has in-memory files (Linux).

    Call it before anything else: the new program has no open files but those that children inherit.
    """
    text = os.environ.get(NAME)
    if not text or not hasattr(os, "memfd_create"):
        return
    file = os.memfd_create("opsconsole", 0)
    os.write(file, text.encode(errors="surrogateescape"))
    kept = {name: value for name, value in os.environ.items() if name != NAME}
    os.execve(sys.executable, sys.orig_argv, {**kept, f"{NAME}_FILE": f"/proc/self/fd/{file}"})  # noqa: S606 - no shell


def forget_password(environ: dict[str, str]) -> None:
    """Close the password's file and remove both variables from `environ` and os.environ."""
    path = environ.get(f"{NAME}_FILE", "")
    if path.startswith("/proc/self/fd/"):
        os.close(int(path.rpartition("/")[2]))
    for name in (NAME, f"{NAME}_FILE"):
        environ.pop(name, None)
        os.environ.pop(name, None)
