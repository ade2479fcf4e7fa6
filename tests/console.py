"""A console for tests: the supervisor with web, worker, sender, prober and beat on its own embedded servers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from opsconsole.runtime.embedded.layout import Layout, layout_of
from opsconsole.runtime.embedded.server_user import account_for, first_closed_directory
from opsconsole.runtime.file_locks import is_locked
from opsconsole.runtime.supervisor import runfile
from tests.opsconsole.runtime.embedded.machine import open_directory
from tests.waiting import until

ROOT = Path(__file__).resolve().parent.parent
# The same in all processes of a test run, which share the prepared data directory: workers inherit the environment.
PASSWORD = os.environ.setdefault("OPSCONSOLE_TEST_PASSWORD", secrets.token_urlsafe(12))
# Variables that configure a console; it gets only those of the test.
_SETTINGS = ("OPSCONSOLE_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SENTRY_", "ALLOWED_HOSTS", "DJANGO_")
# Keeps what each of several commands prints.
RUN_ALL = """
import io, json
from django.core.management import call_command
outputs = []
for command in {!r}:
    outputs.append(io.StringIO())
    call_command(*command, stdout=outputs[-1])
print(json.dumps([output.getvalue().strip() for output in outputs]))
"""
_START_TIMEOUT = 480.0  # seconds; the machine is slow and shared


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Console:
    """A console: its URL, its log and its commands."""

    data: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """Its output so far. It is written to a file, since a pipe that is not read would block the console."""
        return self._log_file.read_text(errors="replace")

    @property
    def _log_file(self) -> Path:
        return self.data.parent / f"console-{self.port}.log"

    def launch(self, *options: str, **environ: str) -> subprocess.Popen[bytes]:
        """Start it without waiting."""
        self.data.parent.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "opsconsole.runtime.supervisor",
            "--data",
            str(self.data),
            "--port",
            str(self.port),
        ]
        with open(self._log_file, "wb") as log:
            self.process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=environment() | environ, stdout=log, stderr=subprocess.STDOUT
            )
        return self.process

    def start(self, *options: str, **environ: str) -> None:
        """Start it and wait until it is ready. The admin's password is PASSWORD unless `environ` has another."""
        process = self.launch(*options, **({"OPSCONSOLE_ADMIN_PASSWORD": PASSWORD} | environ))
        self.wait_until_ready(process)

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        ready = f"opsconsole is ready at {self.url}\n"
        until(lambda: ready in self.log or process.poll() is not None, within=_START_TIMEOUT, what="the ready line")
        assert ready in self.log, "the console did not start:\n" + self.log[-4000:]

    def stop(self, sig: signal.Signals = signal.SIGINT) -> int:
        """Send a signal, by default that of Ctrl-C. Returns the exit status."""
        assert self.process
        self.process.send_signal(sig)
        return self.process.wait(60)

    def kill(self) -> None:
        """Kill it if it runs, and wait until all of its processes have ended."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.kill()
        self.process.wait()
        until(lambda: not is_locked(runfile.lock_path(self.data)), what="every process of the console is gone")

    def pid_of(self, name: str) -> int | None:
        """The pid of web, worker, sender, prober, beat or demo in run.json."""
        run = runfile.read(self.data) or {}
        pid: int | None = run.get("processes", {}).get(name)
        return pid

    def pids(self) -> set[int]:
        """The supervisor's descendants."""
        assert self.process
        descendants: set[int] = set()
        queue = [self.process.pid]
        while queue:
            parent = queue.pop()
            with contextlib.suppress(OSError):
                children = {int(c) for c in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()}
                queue += children
                descendants |= children
        return descendants

    def generated_password(self) -> str:
        """The password that the first start printed."""
        match = re.search(r"login: admin / (\S+)", self.log)
        assert match, self.log
        return match.group(1)

    def get(self, path: str) -> tuple[int, Any]:
        """Status and JSON of a URL, requested without a session."""
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as link:
            link.request("GET", path)
            response = link.getresponse()
            return response.status, json.loads(response.read())

    def manage(self, *arguments: str, stdin: str | None = None, **environ: str) -> str:
        """Run `bin/manage` on this console and return its output. Fails if the command fails."""
        done = subprocess.run(
            [sys.executable, "-m", "opsconsole.runtime.supervisor.attach", "--data", str(self.data), *arguments],
            cwd=ROOT,
            env=environment() | environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_START_TIMEOUT,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip()

    def manage_all(self, *commands: Sequence[str], **environ: str) -> list[str]:
        """Several commands in one process, as each start takes seconds; returns what each printed."""
        printed = self.manage("shell", "-v", "0", "-c", RUN_ALL.format([list(each) for each in commands]), **environ)
        outputs: list[str] = json.loads(printed.splitlines()[-1])
        return outputs

    def api(self, path: str, token: str) -> dict:  # type: ignore[type-arg]
        """The JSON of a GET request below /api/v1/."""
        answer = requests.get(f"{self.url}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        answer.raise_for_status()
        body: dict = answer.json()  # type: ignore[type-arg]
        return body


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}


@contextmanager
def running(data: Path, *options: str, **environ: str) -> Iterator[Console]:
    """A console on a new data directory, stopped at the end."""
    console = Console(data, free_port())
    try:
        console.start(*options, **environ)
        yield console
        if console.process and console.process.poll() is None:
            console.stop()
    finally:
        console.kill()
        # Other users cannot enter pytest's directories: for root the cluster of such a directory is elsewhere.
        shutil.rmtree(layout_of(data).root_store, ignore_errors=True)


def prepare(target: Path) -> None:
    """Create a data directory as after the first start, with PASSWORD as the admin's, to be copied by `copy_of`."""
    with open_directory() as data:
        Console(data, 0).manage("prepare", OPSCONSOLE_ADMIN_PASSWORD=PASSWORD)
        layout = layout_of(data)
        with contextlib.suppress(ProcessLookupError):  # it would linger for some seconds
            os.kill(json.loads(layout.guardian_lock.read_text())["pid"], signal.SIGTERM)
        until(lambda: not is_locked(layout.guardian_lock), what="the servers have stopped")
        for lock in data.glob("*.lock"):
            lock.unlink()
        _copy(data, target)


def copy_of(prepared: Path, data: Path) -> Path:
    """Copy a prepared data directory to `data`. Returns `data`."""
    data.parent.mkdir(parents=True, exist_ok=True)
    _copy(prepared, data)
    layout = layout_of(data)
    if first_closed_directory(account_for(layout), data) is not None:
        _move_cluster(layout)
    return data


def _copy(source: Path, target: Path) -> None:
    """Copy a directory with owners and modes."""
    subprocess.run(["cp", "-a", "--reflink=auto", source, target], check=True)


def _move_cluster(layout: Layout) -> None:
    """Move the cluster to root's store, as the first start does if PostgreSQL's user cannot enter `data`."""
    layout.root_store.mkdir(parents=True)
    for folder in (layout.root_store.parent, layout.root_store):
        folder.chmod(0o755)
    shutil.move(layout.cluster, layout.root_store / "postgres")
    layout.cluster.symlink_to(layout.root_store / "postgres")
