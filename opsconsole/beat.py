"""Celery beat's clock, which stops sending while nobody takes what it sends.

A tick that is late is of no use, and its message expires; but a message leaves the queue only when a worker takes it.
With the workers gone for a day, ticks of every few seconds would fill Redis, which cannot evict a queue.
"""

from __future__ import annotations

import logging
from typing import Any

import redis
from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings

from opsconsole.lib.redis import client

logger = logging.getLogger(__name__)

# Messages, half a minute of ticks for each of ten workers that are all busy; about 1 kB each.
MOST_WAITING = 500
QUEUE = "celery"


class BoundedScheduler(Scheduler):
    """Sends nothing while MOST_WAITING messages wait; what is due then is due again at its next time."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        if waiting() >= MOST_WAITING:
            logger.warning("not sent, as no worker takes what waits", extra={"task": entry.task})
            return
        super().apply_entry(entry, producer=producer)


def waiting() -> int:
    """How many messages nobody has taken; 0 where Redis does not answer, which sending will find out itself."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("global_keyprefix", "")
    try:
        return int(client().llen(f"{prefix}{QUEUE}"))
    except redis.RedisError:
        return 0
