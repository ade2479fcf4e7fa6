"""Accepts connections on a socket that gunicorn or the supervisor opened."""

from __future__ import annotations

import socket
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from opsconsole.web_server.admission import AdmittingApplication
from opsconsole.web_server.channel import RequestChannel
from opsconsole.web_server.connections import Connections
from opsconsole.web_server.limits import HEAD_BYTES, plain_address

HEALTH_PATH = "/healthz"  # that asks nothing but this process


class Listener(TcpWSGIServer):
    """One listening socket of this process; those of a process share threads, connections and `polled`."""

    channel_class = RequestChannel

    def __init__(
        self,
        application: AdmittingApplication,
        listening: socket.socket,
        connections: Connections,
        dispatcher: ThreadedTaskDispatcher,
        polled: dict[int, Any],
        health_dispatcher: ThreadedTaskDispatcher | None = None,
    ) -> None:
        self.connections = connections
        self.health_dispatcher = health_dispatcher or dispatcher
        adjustments = adjusted(connections.limits.body)
        address = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(
            application,
            map=polled,
            _start=False,  # it listens already
            _sock=listening,
            dispatcher=dispatcher,
            adj=adjustments,
            sockinfo=address,
            bind_socket=False,
        )
        self.server_name = self.effective_host
        self.accepting = True

    def readable(self) -> bool:
        return self.accepting and self.connections.has_room()

    def getsockname(self) -> tuple[str, str]:
        if self.family not in {socket.AF_INET, socket.AF_INET6}:
            return "localhost", "80"
        host, port = super().getsockname()
        return host, port

    def fix_addr(self, addr: Any) -> tuple[str, Any]:
        return (plain_address(addr[0]), addr[1]) if isinstance(addr, tuple) else ("", "")

    def set_socket_options(self, conn: socket.socket) -> None:
        if conn.family in {socket.AF_INET, socket.AF_INET6}:
            super().set_socket_options(conn)

    def add_task(self, task: Any) -> None:
        """Hands a request to the threads; /healthz to its own, so that it is answered while all others wait."""
        asks_health = isinstance(task, RequestChannel) and _path_of(task) == HEALTH_PATH
        (self.health_dispatcher if asks_health else self.task_dispatcher).add_task(task)

    def stop_accepting(self) -> None:
        """Leaves new connections to the other processes; the socket stays open."""
        self.accepting = False
        self.del_channel()


def adjusted(body_limit: int) -> Adjustments:
    """waitress's settings; what it does with connections, proxies and time is done here or in the console."""
    return Adjustments(
        sockets=[],
        max_request_header_size=HEAD_BYTES,
        max_request_body_size=body_limit + 1,  # it refuses what is as large
        recv_bytes=65536,
        inbuf_overflow=1024 * 1024,  # then on disk
        outbuf_overflow=1024 * 1024,
        outbuf_high_watermark=32 * 1024 * 1024,  # a thread waits for the client of a larger answer
        clear_untrusted_proxy_headers=False,  # opsconsole.proxies
        expose_tracebacks=False,
        log_socket_errors=False,
        ident=None,
    )


def _path_of(channel: RequestChannel) -> str:
    """Of the request that is next; "" if its first line was refused."""
    return str(getattr(channel.requests[0], "path", ""))
