"""Bad weather: what a receiver does in place of its answer. Each is given the open connection and the server's end."""

from __future__ import annotations

import itertools
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Event
from typing import BinaryIO

BLOCK = b"x" * 65536


@dataclass(frozen=True)
class Connection:
    """An open connection after a request: what is written goes out at once. `stopping` is set when the server ends."""

    out: BinaryIO
    socket: socket.socket
    stopping: Event

    def write(self, data: bytes) -> None:
        self.out.write(data)
        self.out.flush()

    def write_each(self, parts: Iterable[bytes], seconds: float = 0.0) -> None:
        """Write the parts with a pause after each, until the server ends or the client has gone."""
        for part in parts:
            if self.stopping.wait(seconds) if seconds else self.stopping.is_set():
                return
            self.write(part)


Weather = Callable[[Connection], None]


def status(code: int, body: bytes = b"", **headers: str) -> Weather:
    """Answer with the status. Headers as `Retry_After="3"`."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {code} Weather\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
    return raw(head.encode() + body)


def too_many(retry_after: int) -> Weather:
    return status(429, b"", Retry_After=str(retry_after))


def redirect(to: str) -> Weather:
    return status(302, b"", Location=to)


def raw(data: bytes) -> Weather:
    """These bytes, whatever they are, and the end of the connection."""
    return lambda connection: connection.write(data)


def hang() -> Weather:
    """No byte, and no end."""

    def wait(connection: Connection) -> None:
        connection.stopping.wait()

    return wait


def drip(answer: bytes, seconds: float = 1.0) -> Weather:
    """The answer one byte at a time, with a pause before each."""
    parts = [answer[place : place + 1] for place in range(len(answer))]
    return lambda connection: connection.write_each(parts, seconds)


def drip_status(seconds: float = 1.0) -> Weather:
    return drip(b"HTTP/1.1 200 Everything is fine\r\nContent-Length: 0\r\n\r\n", seconds)


def drip_headers(seconds: float = 1.0) -> Weather:
    return _after(b"HTTP/1.1 200 OK\r\n", drip(b"X-A: b\r\n" * 5 + b"Content-Length: 0\r\n\r\n", seconds))


def drip_body(seconds: float = 1.0) -> Weather:
    return _after(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n", drip(b"x" * 50, seconds))


def drip_chunks(seconds: float = 1.0) -> Weather:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _after(head, drip(b"1\r\nx\r\n" * 9 + b"0\r\n\r\n", seconds))


def huge() -> Weather:
    """An answer without end."""
    return _after(b"HTTP/1.1 200 OK\r\n\r\n", _endless([BLOCK]))


def huge_headers() -> Weather:
    return _after(b"HTTP/1.1 200 OK\r\n", _endless([b"X-Long: " + BLOCK[:8000] + b"\r\n"]))


def endless_continue() -> Weather:
    return _endless([b"HTTP/1.1 100 Continue\r\n\r\n"])


def close_early() -> Weather:
    """Half of the answer that was announced."""
    return raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 50)


def close_at_once() -> Weather:
    return lambda connection: None


def reset() -> Weather:
    """The connection is reset in place of an answer."""

    def cut(connection: Connection) -> None:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.socket.close()

    return cut


def _after(head: bytes, weather: Weather) -> Weather:
    def both(connection: Connection) -> None:
        connection.write(head)
        weather(connection)

    return both


def _endless(parts: Iterable[bytes]) -> Weather:
    return lambda connection: connection.write_each(itertools.cycle(parts))
