"""A web process inside the test: its connections are real, its clock stands still, and it moves when it is turned."""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from waitress.task import ThreadedTaskDispatcher
from waitress.wasyncore import poll2

from opsconsole.env.variables import read
from opsconsole.web_server.connections import Connections
from opsconsole.web_server.deadlines import TransferDeadlines
from opsconsole.web_server.limits import WebLimits
from opsconsole.web_server.listener import Listener

PROXY = "127.0.0.9"
PROXIES = read("OPSCONSOLE_TRUSTED_PROXIES", {"OPSCONSOLE_TRUSTED_PROXIES": PROXY})
LIMITS = WebLimits(
    TransferDeadlines(head=10, body=30, answer=60, idle=75),
    connections=100,
    per_address=3,
    buffered=1_000_000,
    body=400_000,
    proxies=PROXIES,
)


class Application:
    """Answers with the method, the path and the length of the body, and notes what it was asked."""

    def __init__(self) -> None:
        self.admits: Callable[[dict[str, Any]], bool] = lambda environ: True
        self.asked: list[int] = []
        self.environs: list[dict[str, Any]] = []

    def admit(self, environ: dict[str, Any]) -> bool:
        self.asked.append(len(environ["wsgi.input"].read()))
        environ["wsgi.input"].seek(0)
        return self.admits(environ)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.environs.append(environ)
        body = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {len(environ['wsgi.input'].read())}".encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@dataclass
class WebProcess:
    """The process. `now` is its clock, in seconds; `later` moves it and sweeps."""

    application: Any
    limits: WebLimits = LIMITS
    now: float = 1000.0
    polled: dict[int, Any] = field(default_factory=dict)
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.connections = Connections(self.limits, self.polled, lambda: self.now)
        self.threads = ThreadedTaskDispatcher()
        self.threads.set_thread_count(2)
        self.listener = Listener(self.application, self.listening, self.connections, self.threads, self.polled)
        self.clients: list[Client] = []

    def turn(self) -> None:
        poll2(0.002, self.polled)

    def later(self, seconds: float) -> None:
        self.turn()
        self.now += seconds
        self.connections.sweep(self.now)

    def until(self, condition: Callable[[], Any]) -> None:
        """Turns until `condition` is true."""
        deadline = time.monotonic() + 30
        while not condition():
            assert time.monotonic() < deadline, "not within 30 s"
            self.turn()

    def connect(self, address: str = "127.0.0.1", *, send: bytes = b"", receive_buffer: int = 0) -> Client:
        """A client that has sent `send`, which has been received."""
        link = socket.socket()
        if receive_buffer:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        link.bind((address, 0))
        link.connect(self.listening.getsockname())
        link.setblocking(False)
        client = Client(self, link)
        self.clients.append(client)
        accepted = link.getsockname()
        self.until(lambda: any(channel.addr == accepted for channel in self.connections.channels()))
        client.send(send)
        return client

    def close(self) -> None:
        for client in self.clients:
            client.link.close()
        for channel in self.connections.channels():
            channel.drop()
        self.threads.shutdown(timeout=5)
        self.listener.close()


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Client:
    """One connection to the process."""

    process: WebProcess
    link: socket.socket
    received: bytes = b""
    closed: bool = False

    def send(self, data: bytes) -> None:
        """Sends all, and has the process receive it."""
        while data:
            self.process.turn()
            try:
                data = data[self.link.send(data) :]
            except BlockingIOError:
                continue
        for _ in range(3):
            self.process.turn()

    def read(self) -> None:
        try:
            part = self.link.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:
            part = b""
        self.received += part
        self.closed = self.closed or not part

    def answer(self, head: bool = False) -> Answer:
        """The next answer; `head`: to a HEAD request."""

        def complete() -> bool:
            self.read()
            return self.closed or self._parsed(head) is not None

        self.process.until(complete)
        parsed = self._parsed(head)
        assert parsed is not None, self.received
        found, self.received = parsed
        return found

    def ended(self) -> bool:
        """Whether the process has closed the connection; what came before stays in `received`."""
        for _ in range(3):
            self.process.turn()
            self.read()
        return self.closed

    def _parsed(self, head: bool) -> tuple[Answer, bytes] | None:
        top, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        status_line, _, lines = top.partition(b"\r\n")
        headers = http.client.parse_headers(io.BytesIO(lines + b"\r\n\r\n"))
        size = 0 if head else int(headers.get("Content-Length", 0))
        if len(rest) < size:
            return None
        return Answer(int(status_line.split()[1]), headers, rest[:size]), rest[size:]


@contextmanager
def running(application: Any = None, limits: WebLimits = LIMITS, **more: Any) -> Iterator[WebProcess]:
    process = WebProcess(application or Application(), limits, **more)
    try:
        yield process
    finally:
        process.close()
