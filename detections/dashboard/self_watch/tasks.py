"""Celery entry point of the self-watch."""

from __future__ import annotations

from celery import shared_task

from detections.dashboard.self_watch.run import NO_SENDER, watch_once
from opsconsole.lib import clock
from opsconsole.lib.task_names import SELF_WATCH


@shared_task(name=SELF_WATCH)
def self_watch() -> None:
    """Checks the console where no sender has done so for a minute. Sent by beat."""
    watch_once(clock.now, NO_SENDER)
