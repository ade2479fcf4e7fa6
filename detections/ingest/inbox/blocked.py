"""Whether the ingest of any web process cannot store events: a key in Redis, set while it is so.

A process whose readiness is asked may have its database back before another one that takes events has.
"""

from __future__ import annotations

import contextlib

import redis

from opsconsole.lib.redis import client

# Every process that cannot store tries, and marks, at least once a second; one that has just found its database back
# is ready within that time.
SECONDS = 5
_KEY = "opsconsole:ingest:blocked"


def mark() -> None:
    """Events could not be stored just now. Without Redis nothing is marked, and the console is not ready anyway."""
    with contextlib.suppress(redis.RedisError):
        client().set(_KEY, 1, ex=SECONDS)


def is_blocked() -> bool:
    """Whether some process could not store events within the last SECONDS; False without Redis."""
    with contextlib.suppress(redis.RedisError):
        return bool(client().exists(_KEY))
    return False


def forget() -> None:
    """Remove the mark."""
    with contextlib.suppress(redis.RedisError):
        client().delete(_KEY)
