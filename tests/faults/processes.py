"""Web and worker as real processes on the database and Redis of the test, to be killed."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 60.0


def environment(**more: str) -> dict[str, str]:
    """The environment for another process to use the test's database and Redis."""
    config = connection.settings_dict
    host, port = quote(config["HOST"], safe=""), config["PORT"]
    url = f"postgresql://{config['USER']}:{quote(config['PASSWORD'])}@/{config['NAME']}?host={host}&port={port}"
    return {**os.environ, "DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL, **more}


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition` is true; fails after TIMEOUT seconds."""
    end = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < end, f"not within {TIMEOUT:.0f} s: {what}"
        time.sleep(0.05)


class ConsoleProcess:
    """A command in a process group of its own."""

    def __init__(self, log: Path, *command: str, **env: str) -> None:
        self.command = [sys.executable, "-m", *command]
        self.environment = environment(**env)
        self.log = log
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """Kill the whole process group by SIGKILL."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.process = self._started()


class Web(ConsoleProcess):
    """gunicorn with two processes, as the supervisor starts it."""

    def __init__(self, log: Path, **env: str) -> None:
        self.port = free_port()
        config = ("--config", "python:opsconsole.gunicorn_conf")
        super().__init__(log, "gunicorn", *config, "--bind", f"127.0.0.1:{self.port}", "opsconsole.wsgi", **env)

    def answers(self) -> bool:
        try:
            return self.get("/healthz") == 200
        except OSError:
            return False

    def get(self, path: str) -> int:
        return self._ask("GET", path)

    def post(self, path: str, body: bytes) -> int:
        return self._ask("POST", path, body)

    def raw(self, request: bytes) -> bytes:
        """Send bytes as they are; returns the first bytes of the response."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as link:
            link.sendall(request)
            return link.recv(4096)

    def _ask(self, method: str, path: str, body: bytes = b"") -> int:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        link.request(method, path, body)
        status = link.getresponse().status
        link.close()
        return status


class Worker(ConsoleProcess):
    """A Celery worker with one process."""

    def __init__(self, log: Path) -> None:
        options = ("--concurrency", "1", "--without-gossip", "--without-mingle", "--without-heartbeat")
        super().__init__(log, "celery", "-A", "opsconsole", "worker", *options)
