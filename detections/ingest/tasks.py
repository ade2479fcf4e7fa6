"""Celery entry points of ingest."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from detections.ingest.digest import BATCH, digest_until_empty
from opsconsole.lib import clock, memory, task_trigger
from opsconsole.lib.task_names import DIGEST

# How long one task digests: then the worker can take other tasks (judging), and the task sends itself again.
TURN = timedelta(seconds=5)


@shared_task(name=DIGEST)
def digest() -> None:
    """Digests the inbox; sent after each commit of accepted requests (coalesced), and by beat."""
    task_trigger.started(DIGEST)
    result = digest_until_empty(clock.now, TURN)
    if result.rows >= BATCH:
        memory.trim()
    if not result.empty:
        task_trigger.send_once(DIGEST)
