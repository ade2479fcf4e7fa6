"""Celery entry points of telemetry."""

from __future__ import annotations

import logging

from celery import shared_task
from django.conf import settings

from detections.telemetry import partitions
from detections.telemetry.retention import Keep, plan
from opsconsole.lib import clock

logger = logging.getLogger(__name__)


@shared_task(name="detections.partitions")
def make_partitions() -> None:
    """Makes the next days' partitions."""
    partitions.ensure_ahead(clock.now())


@shared_task(name="detections.retention", soft_time_limit=3600)
def drop_old() -> None:
    """Drops what is too old; what one run does not manage, the next does."""
    keep = Keep(settings.RETENTION_EVENTS_DAYS, settings.RETENTION_MINUTES_DAYS)
    for step in plan(clock.now(), keep):
        step.run()
        logger.info("dropped %s", step.what, extra={"rows": step.rows})
