"""Sends a Celery task as soon as there is work, but not while it is already queued.

A key in Redis marks a task as queued. The task deletes the key when it starts (`started`), so that work that arrives
while it runs queues it again. If the task is lost, the key expires and beat sends the task.
"""

from __future__ import annotations

import logging

import redis
from kombu.exceptions import OperationalError

from opsconsole.celery import app
from opsconsole.lib.redis import client

logger = logging.getLogger(__name__)

KEY_EXPIRY_MS = 1000


def send_once(task: str) -> bool:
    """Send the task unless it is queued. Returns whether it was sent; False also without Redis: beat sends it."""
    try:
        if not client().set(_key(task), 1, nx=True, px=KEY_EXPIRY_MS):
            return False
        app.send_task(task, retry=False)
    except (redis.RedisError, OperationalError) as error:
        logger.info("task not sent, beat will send it: %s", error, extra={"task": task})
        return False
    return True


def started(task: str) -> None:
    """Called by the task when it starts: from now on `send_once` queues it again."""
    try:
        client().delete(_key(task))
    except redis.RedisError as error:
        logger.info("key of the queued task not deleted: %s", error, extra={"task": task})


def _key(task: str) -> str:
    return f"opsconsole:wake:{task}"
