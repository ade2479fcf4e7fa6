"""The console's WSGI application called as a server would, and served on a real socket."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from detections.telemetry.models import Project
from opsconsole.wsgi import application
from tests.detections.builders import key


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(path: str, body: bytes = b"", method: str = "POST", **environ: Any) -> Response:
    """One request; keywords are WSGI environment entries (`HTTP_X_SENTRY_AUTH=…`)."""
    path, _, query = path.partition("?")
    given: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": str(len(body)),
    } | environ
    started: list[Any] = []
    content = b"".join(application(given, lambda status, headers: started.extend([status, headers])))
    return Response(int(started[0].split()[0]), dict(started[1]), content)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Requests are not logged."""


@contextmanager
def served() -> Iterator[str]:
    """The application on a free port; yields `host:port`."""
    server = make_server("127.0.0.1", 0, application, server_class=_Server, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def post(of: Project, body: bytes, kind: str = "envelope", **environ: Any) -> Response:
    """A request with the project's key in its address."""
    return call(f"/api/{of.pk}/{kind}/?sentry_key={key(of)}", body, **environ)
