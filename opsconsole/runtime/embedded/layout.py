"""Which files the embedded services of a data directory use, and where their sockets are (pure: starts nothing)."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# Not TMPDIR: every process of a data directory must come to the same path, and a socket's path has at most 108 bytes.
SOCKETS = Path("/tmp")  # noqa: S108 - private directory below it, owner checked
ROOT_STORE = Path("/var/lib/opsconsole")
DATABASE = "opsconsole"
SERVICES = ("postgres", "redis")


@dataclass(frozen=True)
class Located:
    """Where the embedded servers of a data directory listen (whether or not they run now)."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Layout:
    """The places of one data directory. `owner` is the uid that the socket directory is named after."""

    data: Path
    owner: int

    @property
    def services_lock(self) -> Path:
        """Held shared by every process that needs the services."""
        return self.data / "services.lock"

    @property
    def guardian_lock(self) -> Path:
        """Held exclusively by the guardian; holds its pid and the services it runs."""
        return self.data / "guardian.lock"

    @property
    def log(self) -> Path:
        """What guardian, PostgreSQL and Redis say."""
        return self.data / "services.log"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory, or a link to it."""
        return self.data / "postgres"

    @property
    def key(self) -> str:
        return hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]

    @property
    def root_store(self) -> Path:
        """Where the cluster lies when root's data directory cannot be reached by the user that runs the servers."""
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

    Named after the directory's owner, so that root finds the services that the owner started.
    """
    data = data_dir.expanduser().resolve()
    try:
        owner = data.stat().st_uid if os.geteuid() == 0 else os.geteuid()
    except OSError:
        owner = os.geteuid()
    return Layout(data, owner)


def locate(data_dir: Path) -> Located:
    """The URLs for a data directory; starts nothing, and gives the same answer in every process."""
    layout = layout_of(data_dir)
    host = quote(str(layout.socket_dir("postgres")), safe="")
    return Located(
        database_url=f"postgresql://{DATABASE}@/{DATABASE}?host={host}",
        redis_url=f"unix://{layout.socket('redis')}?db=0",
    )
