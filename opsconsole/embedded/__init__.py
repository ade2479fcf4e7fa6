"""PostgreSQL and Redis from wheels, run next to the console when no DATABASE_URL / REDIS_URL is given.

In: a data directory. Out: URLs of two servers that run as long as some process holds the services.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Located:
    """Where the embedded servers of a data directory listen (whether or not they run now)."""

    database_url: str
    redis_url: str


def locate(data_dir: Path) -> Located:
    """The URLs for a data directory; starts nothing. (Being built.)"""
    return Located("postgresql:///opsconsole", "redis://127.0.0.1:6379/0")
