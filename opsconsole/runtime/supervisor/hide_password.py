"""Takes the first admin's password out of what the system shows of a process (`ps e`, /proc/<pid>/environ).

That is the environment as it was when the process began, whatever it drops later: so the process begins again without,
and reads the password from a file in memory that only it and its children have open.
"""

from __future__ import annotations

import os
import sys

NAME = "OPSCONSOLE_ADMIN_PASSWORD"


def hide_password() -> None:
    """Begin again, once, where the environment holds the password and there are files in memory (on Linux).

    Call before anything is started: what is open in this process and not meant for its children is gone afterwards.
    """
    text = os.environ.get(NAME)
    if not text or not hasattr(os, "memfd_create"):
        return
    file = os.memfd_create("opsconsole", 0)
    os.write(file, text.encode(errors="surrogateescape"))
    kept = {name: value for name, value in os.environ.items() if name != NAME}
    os.execve(sys.executable, sys.orig_argv, {**kept, f"{NAME}_FILE": f"/proc/self/fd/{file}"})  # noqa: S606 - itself


def forget_password(environ: dict[str, str]) -> None:
    """From here on nobody needs it: close its file, and drop both names from `environ` and this process's own."""
    path = environ.get(f"{NAME}_FILE", "")
    if path.startswith("/proc/self/fd/"):
        os.close(int(path.rpartition("/")[2]))
    for name in (NAME, f"{NAME}_FILE"):
        environ.pop(name, None)
        os.environ.pop(name, None)
