"""Celery entry points of ingest."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from detections.ingest.digest import BATCH, digest_until_empty
from opsconsole.lib import clock, memory, task_trigger
from opsconsole.lib.task_names import DIGEST

# Then the worker takes other tasks (judging) between; what is left is sent for again.
TURN = timedelta(seconds=5)


@shared_task(name=DIGEST)
def digest() -> None:
    """Works the inbox off; sent after each commit of accepted requests (coalesced), and by beat."""
    task_trigger.started(DIGEST)
    turn = digest_until_empty(clock.now, TURN)
    if turn.done >= BATCH:
        memory.trim()
    if not turn.empty:
        task_trigger.send_once(DIGEST)
