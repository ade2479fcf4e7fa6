"""Sends a Celery task at once when there is work, without sending it a hundred times.

A key in Redis says that the task is on its way. The task takes the key away when it starts (`started`), so that
work that comes while it runs sends it again; should it be lost, the key ends by itself and beat's poll is the net.
"""

from __future__ import annotations

import logging

import redis
from kombu.exceptions import OperationalError

from opsconsole.celery import app
from opsconsole.lib.redis import client

logger = logging.getLogger(__name__)

KEEP_MS = 1000


def send_once(task: str) -> bool:
    """Sends the task unless one is on its way; False also when Redis is away, which is no error (beat polls)."""
    try:
        if not client().set(_key(task), 1, nx=True, px=KEEP_MS):
            return False
        app.send_task(task, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.info("task not sent, beat will: %s", error, extra={"task": task})
        return False
    return True


def started(task: str) -> None:
    """Called first by the task itself: from now on new work sends it again."""
    try:
        client().delete(_key(task))
    except redis.RedisError as error:
        logger.info("wake key not taken: %s", error, extra={"task": task})


def _key(task: str) -> str:
    return f"opsconsole:wake:{task}"
