"""The number of rows that a running import has written, in Redis: its open transaction hides them from others.

Without Redis an import works as well, only without that number.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import redis

from opsconsole.lib.redis import client

KEEP_SECONDS = 600  # an import takes seconds; what is older was left behind by a worker that ended


def record(pk: int, rows: int) -> None:
    """`rows` rows of the import `pk` are written."""
    with contextlib.suppress(redis.RedisError):
        client().set(_key(pk), rows, ex=KEEP_SECONDS)


def rows_written(pk: int) -> int:
    """The number of rows; 0 where none was recorded."""
    with contextlib.suppress(redis.RedisError):
        return int(client().get(_key(pk)) or 0)
    return 0


def recorded_at(pk: int, now: datetime) -> datetime | None:
    """When rows were recorded last, computed from the key's time to live; None where none were."""
    with contextlib.suppress(redis.RedisError):
        left = int(client().ttl(_key(pk)))
        return now - timedelta(seconds=KEEP_SECONDS - left) if left >= 0 else None
    return None


def forget(pk: int) -> None:
    with contextlib.suppress(redis.RedisError):
        client().delete(_key(pk))


def _key(pk: int) -> str:
    return f"opsconsole:import:{pk}"
