"""Celery entry points of telemetry."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from detections.telemetry import partitions
from detections.telemetry.retention import Keep, drop_some
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import PARTITIONS, RETENTION

# A worker of one process digests and judges between two turns. Also far below the broker's patience with a task, after
# which it would be handed out a second time.
TURN = timedelta(seconds=2)


@shared_task(name=PARTITIONS)
def make_partitions() -> None:
    """Makes the next days' partitions."""
    partitions.ensure_ahead(clock.now())


@shared_task(name=RETENTION)
def drop_old() -> None:
    """Drops what is too old, for a turn; sends itself again while something is left. Beat begins it every night."""
    task_trigger.started(RETENTION)
    end = clock.now() + TURN
    keep = Keep(settings.RETENTION_EVENTS_DAYS, settings.RETENTION_MINUTES_DAYS)
    if drop_some(clock.now(), keep, lambda: clock.now() >= end):
        task_trigger.send_once(RETENTION)
