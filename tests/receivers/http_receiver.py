"""What the HTTP servers of this folder have in common."""

from __future__ import annotations

import http.server
import json
import socket
import ssl
import threading
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.receivers.weather import Connection, Weather

GONE = (BrokenPipeError, ConnectionResetError, ssl.SSLError)


@dataclass(frozen=True)
class Received:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(status: int, value: Any, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json; charset=utf-8", **named})


class HttpReceiver:
    """A server on a free port of 127.0.0.1, in threads, from `with` to its end.

    `received` has every request, `refused` why it refused some: a sender that keeps the provider's limits leaves it
    empty. `forecast` gives weather to the next requests, `climate` to all others.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.received: list[Received] = []
        self.refused: list[str] = []
        self.climate: Weather | None = None
        self._forecast: deque[Weather | None] = deque()
        self._errors: list[str] = []
        self._lock = threading.Lock()
        self.stopping = threading.Event()
        self._server = _Server(self, tls)
        self.host = host
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"{'https' if self._server.tls else 'http'}://{self.host}:{self.port}"

    def forecast(self, *weather: Weather | None) -> None:
        """The weather of the next requests, one each; None is fine weather."""
        self._forecast.extend(weather)

    def answer(self, received: Received) -> Reply:
        """In fine weather. Called by one thread at a time."""
        return Reply(200, b"ok")

    def refuse(self, why: str, reply: Reply) -> Reply:
        self.refused.append(why)
        return reply

    def take(self, received: Received) -> Weather | Reply:
        with self._lock:
            self.received.append(received)
            weather = self._forecast.popleft() if self._forecast else self.climate
            return weather or self.answer(received)

    def failed(self, error: str) -> None:
        self._errors.append(error)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Ends all connections, hanging ones too. An error of the server itself is one of the test."""
        self.stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.cut()
        self._server.server_close()
        assert kind or not self._errors, self._errors


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 128

    def __init__(self, receiver: HttpReceiver, tls: ssl.SSLContext | None) -> None:
        self.receiver, self.tls = receiver, tls
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[Any, Any]:
        link, address = super().get_request()
        if self.tls:
            # The handshake is made by the connection's thread, with the first byte that it reads.
            link = self.tls.wrap_socket(link, server_side=True, do_handshake_on_connect=False)
        self._open.add(link)
        return link, address

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        for link in list(self._open):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it has ended

    def handle_error(self, request: Any, client_address: Any) -> None:
        import sys
        import traceback

        if not isinstance(sys.exc_info()[1], OSError):
            self.receiver.failed(traceback.format_exc())


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: else the second waits 40 ms for the acknowledgment of the first.
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        receiver = self.server.receiver
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        found = receiver.take(Received(self.command, self.path, headers, self.rfile.read(length)))
        if isinstance(found, Reply):
            self._reply(found)
            return
        self.close_connection = True
        try:
            found(Connection(self.wfile, self.connection, receiver.stopping))
        except GONE:
            return  # the client had enough

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in {**reply.headers, "Content-Length": str(len(reply.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test says what was received."""
