"""gunicorn's configuration, for the supervisor and for `gunicorn --config python:opsconsole.gunicorn_conf`."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from opsconsole import logs
from opsconsole.env.variables import read

worker_class = "opsconsole.web_server.worker.ChannelWorker"  # docs/decisions/0016-web-server.md
workers: int = read("OPSCONSOLE_WEB_WORKERS")
threads: int = read("OPSCONSOLE_WEB_THREADS")
preload_app = True  # workers share the memory of imported modules
control_socket_disable = True  # unused, and it would be created in the home directory
timeout = 60  # seconds without a heartbeat; the slowest page takes under one
graceful_timeout = 8  # seconds for requests to finish at shutdown; less than the supervisor waits
backlog = 2048
accesslog = None  # a proxy in front logs requests
loglevel: str = read("OPSCONSOLE_LOG_LEVEL").lower()
logconfig_dict = logs.config(read("OPSCONSOLE_LOG_LEVEL"))
# Heartbeats are file changes: in memory, so that a busy disk does not look like a hung worker.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def on_starting(server: Any) -> None:
    """Take the lease on the embedded servers, which the processes share.

    A process that is started while Redis is away could not take one of its own, and would wait for Redis before it
    connects to PostgreSQL.
    """
    from django.conf import settings
    from django.db.utils import OperationalError

    from opsconsole.runtime.embedded.backend.base import ensure_services

    if settings.DATABASES["default"]["ENGINE"] == "opsconsole.runtime.embedded.backend":
        with contextlib.suppress(OperationalError):  # each connection tries again, and says why
            ensure_services()


def post_fork(server: Any, worker: Any) -> None:
    """Configure the allocator and connections of each new web process, before its threads start."""
    from opsconsole.lib.memory import return_freed_memory

    return_freed_memory()
    limit_statements()


def limit_statements() -> None:
    """PostgreSQL ends a statement a second after whoever waits longest for it, a page or ingest, has given up."""
    from django.conf import settings

    from detections.ingest.inbox.group_commit import WAIT_SECONDS
    from opsconsole.lib.db import server_options

    server_options.limit_statements(max(settings.WEB_DATABASE_SECONDS, WAIT_SECONDS) + 1)


def post_worker_init(worker: Any) -> None:
    """Start the heartbeat of ingest once the application is loaded, before the first request."""
    worker.wsgi.start()
