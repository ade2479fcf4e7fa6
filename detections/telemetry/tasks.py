"""Celery entry points of telemetry."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from detections.telemetry import partitions
from detections.telemetry.environment_links import link_environments
from detections.telemetry.places.link import trim_crowded
from detections.telemetry.retention import RetentionDays, drop_some
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import ENVIRONMENT_LINKS, PARTITIONS, RETENTION

# Seconds of one run; the worker digests and judges between two runs. Far below the broker's visibility timeout, after
# which a task is delivered again.
TURN = timedelta(seconds=2)


@shared_task(name=PARTITIONS)
def make_partitions() -> None:
    """Creates the partitions of the next days."""
    partitions.ensure_ahead(clock.now())


@shared_task(name=RETENTION)
def drop_old() -> None:
    """Deletes old rows for at most TURN; sends itself again while rows are left. Beat starts it every night."""
    task_trigger.started(RETENTION)
    end = clock.now() + TURN
    trim_crowded(clock.now())
    keep = RetentionDays(settings.RETENTION_EVENTS_DAYS, settings.RETENTION_MINUTES_DAYS)
    if drop_some(clock.now(), keep, lambda: clock.now() >= end):
        task_trigger.send_once(RETENTION)


@shared_task(name=ENVIRONMENT_LINKS)
def environment_links() -> None:
    """Links what events are counted under to the environments of that name. After each change of names, and by beat."""
    task_trigger.started(ENVIRONMENT_LINKS)
    link_environments()
