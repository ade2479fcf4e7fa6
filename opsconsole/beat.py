"""Celery beat's scheduler with a bounded queue.

Messages of periodic tasks expire, but an expired message leaves the queue only when a worker takes it. Without a
worker for a day, a message every few seconds would fill Redis, which cannot evict parts of a queue.
"""

from __future__ import annotations

import logging
from typing import Any

import redis
from celery.beat import ScheduleEntry, Scheduler
from django.conf import settings

from opsconsole.lib.redis import client

logger = logging.getLogger(__name__)

# Messages of about 1 kB: half a minute of periodic tasks for each of ten busy workers.
MAX_QUEUE_LENGTH = 500
QUEUE = "celery"


class BoundedScheduler(Scheduler):
    """Sends nothing while MAX_QUEUE_LENGTH messages wait. A task that is skipped is due again at its next time."""

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        if queue_length() >= MAX_QUEUE_LENGTH:
            logger.warning("task not sent: the queue is full, is a worker running?", extra={"task": entry.task})
            return
        super().apply_entry(entry, producer=producer)


def queue_length() -> int:
    """Messages in the queue; 0 when Redis does not answer, since sending then fails with its own error."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS.get("global_keyprefix", "")
    try:
        return int(client().llen(f"{prefix}{QUEUE}"))
    except redis.RedisError:
        return 0
