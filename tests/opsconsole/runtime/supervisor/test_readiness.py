"""The supervisor and the doctor see the details of /readyz, by a token that the console gets from bin/run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from opsconsole.runtime.supervisor.options import parse
from opsconsole.runtime.supervisor.readiness import TOKEN, get_readyz, is_ready, with_token

ANSWER = b'{"status": "ok", "postgresql": "ok", "redis": "ok", "reasons": []}'


class Web(BaseHTTPRequestHandler):
    """Tells details to whoever has the token of the server."""

    def do_GET(self) -> None:
        known = self.headers["Authorization"] == f"Bearer {self.server.token}"  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(ANSWER if known else b'{"status": "ok"}')

    def log_message(self, *args: object) -> None:
        """Requests are not logged."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Web)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_token_is_made_once_and_a_given_one_is_kept() -> None:
    environ: dict[str, str] = {}
    with_token(environ)
    made = environ[TOKEN]
    assert len(made) > 40
    with_token(environ)
    assert environ[TOKEN] == made
    other: dict[str, str] = {}
    with_token(other)
    assert other[TOKEN] != made


def test_it_asks_with_the_token(web: HTTPServer) -> None:
    options = parse(["--port", str(web.server_port)], {})
    with_token(options.environ)
    web.token = options.environ[TOKEN]  # type: ignore[attr-defined]
    assert is_ready(options)
    web.token = "another"  # type: ignore[attr-defined]
    assert get_readyz(options) == {"status": "ok"}
    assert not is_ready(options)
