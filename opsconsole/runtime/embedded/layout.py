"""The files and sockets of the embedded servers of a data directory (pure)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# Not TMPDIR: every process must find the same path, and the path of a socket has at most 108 bytes.
SOCKETS = Path("/tmp")  # noqa: S108 - private directory below it, owner checked
ROOT_STORE = Path("/var/lib/opsconsole")
DATABASE = "opsconsole"
SERVICES = ("postgres", "redis")


@dataclass(frozen=True)
class ServerUrls:
    """The URLs at which the embedded servers of a data directory listen while they run."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Layout:
    """The paths of one data directory. `owner` is the uid in the name of the socket directory."""

    data: Path
    owner: int

    @property
    def services_lock(self) -> Path:
        """Locked shared by every process that has a lease."""
        return self.data / "services.lock"

    @property
    def guardian_lock(self) -> Path:
        """Locked exclusively by the guardian; contains its pid and the services it runs as JSON."""
        return self.data / "guardian.lock"

    @property
    def log(self) -> Path:
        """The log of guardian, PostgreSQL and Redis."""
        return self.data / "services.log"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory, or a link to it."""
        return self.data / "postgres"

    @property
    def key(self) -> str:
        """12 hex digits that identify the path of the data directory."""
        return hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]

    @property
    def root_store(self) -> Path:
        """The place of the cluster when the user that runs the servers cannot enter the data directory of root."""
        return ROOT_STORE / f"data-{self.key}"

    @property
    def sockets(self) -> Path:
        return SOCKETS / f"opsconsole-{self.owner}-{self.key}"

    def socket_dir(self, service: str) -> Path:
        return self.sockets / service

    def socket(self, service: str) -> Path:
        return self.socket_dir(service) / (".s.PGSQL.5432" if service == "postgres" else "redis.sock")


def layout_of(data_dir: Path) -> Layout:
    """The layout of a data directory, which need not exist yet.

    Sockets are named after the directory's owner, so that root finds the servers that the owner started.
    """
    data = data_dir.expanduser().resolve()
    try:
        owner = data.stat().st_uid if os.geteuid() == 0 else os.geteuid()
    except OSError:
        owner = os.geteuid()
    return Layout(data, owner)


def server_urls(data_dir: Path) -> ServerUrls:
    """The servers' URLs for a data directory, the same in every process. Starts nothing."""
    layout = layout_of(data_dir)
    host = quote(str(layout.socket_dir("postgres")), safe="")
    return ServerUrls(
        database_url=f"postgresql://{DATABASE}@/{DATABASE}?host={host}",
        redis_url=f"unix://{layout.socket('redis')}?db=0",
    )
