"""A console at the other end of a real socket: it answers as asked and keeps every byte that reached it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bootstrap.systems.value_rules.agent import FILE

TOKEN = "oct_report-token-of-the-tests"
KEY = "0123456789abcdef0123456789abcdef"


def manifest(*variables: dict[str, Any]) -> dict[str, Any]:
    asked = [{"secret": True, "format": None, "accepted": [], "groups": [], **variable} for variable in variables]
    return {"schema": 1, "hash": "f" * 64, "environment": "demo/prod", "app": "demo-api", "variables": asked}


class Console(ThreadingHTTPServer):
    """`answers` maps `METHOD path` to (status, body, headers); `received` is what came, as bytes of whole requests."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[tuple[int, Any, dict[str, str]]]] = {}
        self.received: list[bytes] = []
        self.bodies: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, request: str, status: int, body: Any = "", **headers: str) -> None:
        """The next answer to `GET manifest/` or `POST `; the last one given is repeated."""
        self.answers.setdefault(request, []).append((status, body, headers))

    @property
    def report(self) -> dict[str, Any]:
        (body,) = self.bodies
        return body


class _Handler(BaseHTTPRequestHandler):
    server: Console

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.received.append(f"{self.requestline}\r\n{self.headers}".encode() + body)
        if body:
            self.server.bodies.append(json.loads(body))
        path = self.path.partition("?")[0].removeprefix("/api/v1/config-reports/")
        waiting = self.server.answers.get(f"{method} {path}", [(404, "", {})])
        status, answer, headers = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def console(*variables: dict[str, Any], findings: list[dict[str, str]] | None = None) -> Iterator[Console]:
    """One that gives out a manifest of `variables` and takes reports."""
    with Console() as server:
        server.answer("GET manifest/", 200, manifest(*variables))
        server.answer("POST ", 202, {"report": 1, "findings": findings or []})
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def run(
    *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None, cwd: Any = None
) -> subprocess.CompletedProcess[bytes]:
    """The agent as a process of its own, with nothing in its environment but what is given."""
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    command = [sys.executable, "-I", str(FILE), "--retries", "0", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, env=environment, cwd=cwd, timeout=60)


def report_to(
    server: Console, *arguments: str, stdin: bytes = b"", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The agent with an address to report to, and a token."""
    given = {"OPSCONSOLE_AGENT_TOKEN": TOKEN, "OPSCONSOLE_AGENT_URL": server.url, **(env or {})}
    return run(*arguments, stdin=stdin, env=given)
