"""gunicorn's configuration, for the supervisor and for `gunicorn --config python:opsconsole.gunicorn_conf`."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

from opsconsole import logs
from opsconsole.env import read

worker_class = "gthread"
workers: int = read("OPSCONSOLE_WEB_WORKERS")
threads: int = read("OPSCONSOLE_WEB_THREADS")
preload_app = True  # workers share the memory of what is imported
control_socket_disable = True  # nobody talks to it, and it would lie in the home directory
timeout = 60  # seconds without a sign of life; the slowest page takes under one
graceful_timeout = 8  # seconds that requests have to end at shutdown; less than the supervisor's patience
keepalive = 75  # seconds; SDKs and proxies reuse connections
backlog = 2048
DEFER_SECONDS = 30  # a connection that stays silent for longer is handed over all the same
accesslog = None  # the counts say more; a proxy in front logs requests
loglevel: str = read("OPSCONSOLE_LOG_LEVEL").lower()
logconfig_dict = logs.config(read("OPSCONSOLE_LOG_LEVEL"))
# The sign of life is a file: in memory, so that a busy disk does not look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def when_ready(server: Any) -> None:
    """A connection reaches a thread with its first bytes: gunicorn would hold a thread up to 5 s for each that a
    browser or SDK opens ahead of need, and sixteen such would stop both processes."""
    deferred = getattr(socket, "TCP_DEFER_ACCEPT", None)  # Linux only
    for listener in server.LISTENERS:
        if deferred is not None and listener.sock.family in {socket.AF_INET, socket.AF_INET6}:
            listener.sock.setsockopt(socket.IPPROTO_TCP, deferred, DEFER_SECONDS)


def post_fork(server: Any, worker: Any) -> None:
    """In each new web process. Threads and connections do not survive a fork, so both begin here."""
    from opsconsole.lib.memory import give_back_freed

    give_back_freed()


def post_worker_init(worker: Any) -> None:
    """The application is loaded: the heartbeat of ingest begins before the first request comes."""
    worker.wsgi.start()
