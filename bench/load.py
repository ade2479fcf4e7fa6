"""A load generator in a process of its own: keep-alive connections, one epoll loop, prepared bytes."""

from __future__ import annotations

import selectors
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from bench.payloads import requests, samples


@dataclass
class Load:
    """What to send: `count` envelopes of `size` bytes over `connections`; `rate` a second, or as fast as answered."""

    port: int
    project: int
    key: str
    size: int
    count: int
    connections: int = 16
    rate: float | None = None


@dataclass
class Outcome:
    seconds: float
    latencies: list[float]  # seconds, from when a request was due to its answer
    refused: int
    mean_size: int


@dataclass
class _Link:
    socket: socket.socket
    due: float = 0.0
    received: bytes = field(default=b"")


def run(load: Load, pipe: Connection) -> None:
    """Prepares, says "ready", waits for a word, sends, and returns the Outcome through the pipe."""
    bodies = list(requests(samples(load.size), load.count))
    head = (
        f"POST /api/{load.project}/envelope/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Encoding: gzip\r\n"
        f"X-Sentry-Auth: Sentry sentry_version=7, sentry_key={load.key}\r\nContent-Length: "
    ).encode()
    ready = deque(head + str(len(body)).encode() + b"\r\n\r\n" + body for body in bodies)
    pipe.send("ready")
    pipe.recv()
    pipe.send(_send(load, ready, sum(map(len, bodies)) // len(bodies)))


def _send(load: Load, ready: deque[bytes], mean_size: int) -> Outcome:
    selector = selectors.DefaultSelector()
    free = [_Link(socket.create_connection(("127.0.0.1", load.port))) for _ in range(load.connections)]
    for link in free:
        link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(link.socket, selectors.EVENT_READ, link)
    latencies: list[float] = []
    refused = sent = 0
    start = time.perf_counter()
    while len(latencies) < load.count:
        now = time.perf_counter()
        while free and ready and (load.rate is None or start + sent / load.rate <= now):
            link = free.pop()
            link.due = now if load.rate is None else start + sent / load.rate
            link.socket.sendall(ready.popleft())
            sent += 1
        wait = None if load.rate is None or not ready else max(0.0, start + sent / load.rate - time.perf_counter())
        for key, _ in selector.select(wait):
            link = key.data
            link.received += link.socket.recv(65536)
            if _complete(link.received):
                latencies.append(time.perf_counter() - link.due)
                refused += not link.received.startswith(b"HTTP/1.1 200")
                link.received = b""
                free.append(link)
    return Outcome(time.perf_counter() - start, latencies, refused, mean_size)


def _complete(received: bytes) -> bool:
    head, ended, body = received.partition(b"\r\n\r\n")
    if not ended:
        return False
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return len(body) >= int(length)
