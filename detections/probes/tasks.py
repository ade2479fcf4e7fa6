"""Celery entry points of the probes: the schedule, and retention. The prober, a process of its own, takes samples."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from detections.probes import schedule
from detections.probes.retention import old_rows
from detections.telemetry.retention import RetentionDays, drop_rows
from detections.telemetry.tasks import TURN
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import PROBE_RETENTION, PROBE_SCHEDULE


@shared_task(name=PROBE_SCHEDULE)
def queue_probes() -> None:
    """Ends runs that nobody works on any more, then queues those that are due. Sent by beat."""
    now = clock.now()
    schedule.interrupt_lost(now)
    schedule.queue_due(now)


@shared_task(name=PROBE_RETENTION)
def drop_old_runs() -> None:
    """Deletes old runs for at most TURN; sends itself again while rows are left. Beat starts it every night."""
    task_trigger.started(PROBE_RETENTION)
    end = clock.now() + TURN
    keep = RetentionDays(settings.RETENTION_EVENTS_DAYS, settings.RETENTION_MINUTES_DAYS)
    if drop_rows(old_rows(clock.now(), keep), lambda: clock.now() >= end):
        task_trigger.send_once(PROBE_RETENTION)
