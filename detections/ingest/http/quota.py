"""The limit of events per minute of a project, counted in Redis."""

from __future__ import annotations

import logging
from datetime import datetime

import redis

from detections.ingest.protocol.errors import Refused
from opsconsole.lib.redis import client

logger = logging.getLogger(__name__)

EXPIRY_SECONDS = 120  # the minute itself, and a minute for clocks that differ


def check(project_id: int, limit: int | None, now: datetime, events: int = 1) -> None:
    """Counts a request's events in the minute of `now`. Raises Refused (429 with Retry-After) above the limit; None: no
    limit.

    While Redis is unreachable nothing is refused: losing events is worse than exceeding the limit for a minute.
    """
    if limit is None:
        return
    key = f"opsconsole:ingest:{project_id}:{now:%Y%m%d%H%M}"
    try:
        with client().pipeline(transaction=False) as pipeline:
            pipeline.incrby(key, events)
            pipeline.expire(key, EXPIRY_SECONDS)
            received = pipeline.execute()[0]
    except redis.RedisError as error:
        logger.warning("quota not checked: %s", error, extra={"project": project_id})
        return
    if received > limit:
        wait = 60 - now.second
        raise Refused(
            429,
            "The project has sent more events this minute than it may.",
            f"allowed: {limit} a minute",
            headers={
                "Retry-After": str(wait),
                "X-Sentry-Rate-Limits": f"{wait}:default;error;security:project:quota",
            },
        )
