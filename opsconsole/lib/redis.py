"""The console's connection to Redis, for short-lived keys; Celery has its own."""

from __future__ import annotations

from functools import cache

import redis
from django.conf import settings

# A key is worth no more than this wait: without Redis the console goes on, only less promptly.
TIMEOUT = 0.5


@cache
def client() -> redis.Redis:
    """One client a process (its pool notices a fork). Its calls raise redis.RedisError when Redis is away."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, health_check_interval=30
    )
