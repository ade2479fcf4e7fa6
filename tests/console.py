"""A whole console for a test: the supervisor with web, worker and beat on embedded services of its own."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = secrets.token_urlsafe(12)
# What the console takes from the environment must come from the test alone.
_OURS = ("OPSCONSOLE_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "SENTRY_", "ALLOWED_HOSTS", "DJANGO_")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Console:
    """A running console: where it answers, and its command line."""

    data: Path
    port: int
    process: subprocess.Popen[str] | None = None
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *options: str) -> None:
        """Start it and read what it prints until it says that it is ready."""
        command = [sys.executable, "-m", "opsconsole.supervisor", "--data", str(self.data), "--port", str(self.port)]
        self.process = subprocess.Popen(
            [*command, *options],
            cwd=ROOT,
            env=environment() | {"OPSCONSOLE_ADMIN_PASSWORD": PASSWORD},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if line.startswith("opsconsole is ready at "):
                return
        raise AssertionError("the console did not start:\n" + "".join(self.said[-40:]))

    def stop(self) -> int:
        """As Ctrl-C does; returns the exit status."""
        assert self.process
        assert self.process.stdout
        self.process.send_signal(signal.SIGINT)
        self.said += self.process.stdout.readlines()
        return self.process.wait(60)

    def manage(self, *arguments: str, stdin: str | None = None) -> str:
        """`bin/manage` on this console; returns what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [sys.executable, "-m", "opsconsole.supervisor.attach", "--data", str(self.data), *arguments],
            cwd=ROOT,
            env=environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip()

    def api(self, path: str, token: str) -> dict:  # type: ignore[type-arg]
        """GET below /api/v1/ as JSON."""
        answer = requests.get(f"{self.url}/api/v1/{path}", headers={"Authorization": f"Bearer {token}"}, timeout=10)
        answer.raise_for_status()
        body: dict = answer.json()  # type: ignore[type-arg]
        return body


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}


@contextmanager
def running(data: Path, *options: str) -> Iterator[Console]:
    """A console on a fresh data directory, stopped at the end."""
    console = Console(data, free_port())
    try:
        console.start(*options)
        yield console
    finally:
        if console.process and console.process.poll() is None:
            console.stop()
