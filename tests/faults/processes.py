"""Web and worker as real processes on the database and Redis of the test, to be killed."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock
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
    """A command in a process group of its own: a fork, as the supervisor starts it, which saves it the imports.

    Its output goes to `log`. `env` is set before the settings are read, so with it the process is started anew.
    """

    def __init__(self, log: Path, *command: str, **env: str) -> None:
        self.command = command
        self.env = env
        self.log = log
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes] | multiprocessing.process.BaseProcess:
        if self.env:
            command = [sys.executable, "-m", *self.command]
            with open(self.log, "ab") as log:
                return subprocess.Popen(
                    command, cwd=ROOT, env=environment(**self.env), stdout=log, stderr=log, start_new_session=True
                )
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload(["tests.faults.preloaded"])
        with mock.patch.dict(os.environ, environment()):  # the first start starts the server, which inherits it
            process = forks.Process(target=run_module, args=(self.log, self.command))
            process.start()
        return process

    def kill(self) -> None:
        """Kill the whole process group by SIGKILL."""
        assert self.process.pid
        until_leader(self.process.pid)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait() if isinstance(self.process, subprocess.Popen) else self.process.join()

    def restart(self) -> None:
        self.process = self._start()


def until_leader(pid: int) -> None:
    """Wait until a started process leads its own group; a fork is at first in that of the server."""
    eventually(lambda: os.getpgid(pid) == pid, "the process leads its group")


def run_module(log: Path, command: tuple[str, ...]) -> None:
    """In a fork: run a module's command line, with its output in `log`."""
    os.setsid()
    with open(log, "ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.argv[:] = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


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
