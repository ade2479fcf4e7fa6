"""Celery entry points of the alerts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.conf import settings

from detections.alerts.delivery.probe_messages import queue_probe_messages
from detections.alerts.handling.acknowledge import expire
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.escalate import escalate
from detections.alerts.handling.follow_recounted import follow_recounted
from detections.alerts.handling.repeat import repeat
from detections.alerts.handling.resolve import resolve_disabled
from detections.alerts.retention import old_rows
from detections.probes.checklist import open_checklists
from detections.telemetry.retention import RetentionDays, drop_rows
from detections.telemetry.tasks import TURN
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import ALERTS, RETENTION_JUDGED

logger = logging.getLogger(__name__)


@shared_task(name=ALERTS)
def work_alerts() -> None:
    """Moves alerts of routes that are read as another, applies verdicts, expires acknowledgments, runs due steps of
    escalations, repeats messages, closes alerts of disabled rules, opens checklists and tells webhooks as runs of
    probes ask for it; sent by the rules and by beat."""
    task_trigger.started(ALERTS)
    now = clock.now()
    of_alerts = (follow_recounted, consume, expire, escalate, repeat, resolve_disabled)
    for work in (*of_alerts, open_checklists, queue_probe_messages):
        _guarded(work, now)


def _guarded(work: Callable[[datetime], int], now: datetime) -> None:
    """Runs `work`; where it raises, which is logged, the others still run. A time limit ends the task."""
    try:
        work(now)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("alerts: %s failed; the next run tries again", getattr(work, "__name__", work))


@shared_task(name=RETENTION_JUDGED)
def drop_old_judgments() -> None:
    """Deletes old members and what was judged for at most TURN; sends itself again while rows are left."""
    task_trigger.started(RETENTION_JUDGED)
    end = clock.now() + TURN
    keep = RetentionDays(settings.RETENTION_EVENTS_DAYS, settings.RETENTION_MINUTES_DAYS)
    if drop_rows(old_rows(clock.now(), keep), lambda: clock.now() >= end):
        task_trigger.send_once(RETENTION_JUDGED)
