"""Celery entry points of config health."""

from __future__ import annotations

import logging

from celery import shared_task

from bootstrap.config_health.findings import recheck
from opsconsole.lib import clock
from opsconsole.lib.task_names import CONFIG_HEALTH, CONFIG_RETENTION
from opsconsole.lib.task_trigger import started

logger = logging.getLogger(__name__)


@shared_task(name=CONFIG_HEALTH)
def config_health() -> None:
    """Judge all environments. Sent by beat, and after what changes prerequisites. Idempotent."""
    started(CONFIG_HEALTH)
    changed = recheck.recompute_all(clock.now())
    if changed:
        logger.info("config health judged", extra={"changed": changed})


@shared_task(name=CONFIG_RETENTION, soft_time_limit=3600)
def config_retention() -> None:
    """Delete reports that are older than KEEP_DAYS."""
    if dropped := recheck.drop_old_reports(clock.now()):
        logger.info("dropped old config reports", extra={"rows": dropped})
