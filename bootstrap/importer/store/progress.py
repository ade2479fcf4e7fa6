"""How many rows of an import are written, as others see it while its transaction is open: a number in Redis.

A number that is lost, or a Redis that is away, costs nothing but the number.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

import redis

from opsconsole.lib.redis import client

KEEP_SECONDS = 600  # an import takes seconds; what is older was left behind by a worker that ended


def tell(pk: int, done: int) -> None:
    """`done` rows of the import `pk` are written."""
    with contextlib.suppress(redis.RedisError):
        client().set(_key(pk), done, ex=KEEP_SECONDS)


def told(pk: int) -> int:
    """The rows that are written; 0 where nobody told."""
    with contextlib.suppress(redis.RedisError):
        return int(client().get(_key(pk)) or 0)
    return 0


def last_told(pk: int, now: datetime) -> datetime | None:
    """When rows were told last, by what is left of the time that they are kept; None where nobody told."""
    with contextlib.suppress(redis.RedisError):
        left = int(client().ttl(_key(pk)))
        return now - timedelta(seconds=KEEP_SECONDS - left) if left >= 0 else None
    return None


def forget(pk: int) -> None:
    with contextlib.suppress(redis.RedisError):
        client().delete(_key(pk))


def _key(pk: int) -> str:
    return f"opsconsole:import:{pk}"
