"""Whether the servers answer, asked in their wire protocols so that no driver is needed (no ORM)."""

from __future__ import annotations

import socket
import struct

from opsconsole.runtime.embedded.layout import DATABASE, Layout

TIMEOUT = 2.0  # seconds; both answer within milliseconds on a local socket unless they are starting or stopping


def answering(layout: Layout, service: str) -> bool:
    """Whether a server accepts connections and commands now."""
    ping = _ping_postgres if service == "postgres" else _ping_redis
    try:
        return ping(layout)
    except OSError:
        return False


def _ping_postgres(layout: Layout) -> bool:
    """Send a start-up packet. The answer `R` is about authentication; `E` is an error such as "starting up"."""
    parameters = f"user\0{DATABASE}\0database\0{DATABASE}\0\0".encode()
    with _connect(str(layout.socket("postgres"))) as link:
        link.sendall(struct.pack("!ii", 8 + len(parameters), 3 << 16) + parameters)
        kind = link.recv(1)
        link.sendall(b"X\0\0\0\x04")
        return kind == b"R"


def _ping_redis(layout: Layout) -> bool:
    with _connect(str(layout.socket("redis"))) as link:
        link.sendall(b"PING\r\n")
        return link.recv(16).startswith(b"+PONG")


def _connect(path: str) -> socket.socket:
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(TIMEOUT)
    try:
        link.connect(path)
    except OSError:
        link.close()
        raise
    return link
