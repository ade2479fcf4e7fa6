"""The console's Redis client for short-lived keys; Celery has its own."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings

# Seconds. The console works without Redis, only with more delay, so it must not wait for it.
TIMEOUT = 0.5


def answers() -> bool:
    """Whether Redis answers now, at most TIMEOUT later."""
    try:
        return bool(client().ping())
    except (redis.RedisError, OSError):
        return False


@cache
def client() -> redis.Redis:
    """The client of this process; its pool is safe to use after a fork. Calls raise redis.RedisError without Redis."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, health_check_interval=30
    )
