"""How many rows of an import are written, as others see it while its transaction is open: a number in Redis.

A number that is lost, or a Redis that is away, costs nothing but the number.
"""

from __future__ import annotations

import contextlib

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


def forget(pk: int) -> None:
    with contextlib.suppress(redis.RedisError):
        client().delete(_key(pk))


def _key(pk: int) -> str:
    return f"opsconsole:import:{pk}"
