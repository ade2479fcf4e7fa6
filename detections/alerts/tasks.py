"""Celery entry points of the alerts."""

from __future__ import annotations

from celery import shared_task

from detections.alerts.acknowledge import expire
from detections.alerts.consume import consume
from detections.alerts.outbox import deliver
from detections.alerts.resolve import resolve_disabled
from opsconsole.lib import clock, wake

ALERTS = "detections.alerts"
DELIVER = "detections.deliver"


@shared_task(name=ALERTS)
def work_alerts() -> None:
    """Apply what the rules judged and what has come due; sent by the rules after judging, and by beat."""
    wake.started(ALERTS)
    now = clock.now()
    changed = consume(now) + expire(now) + resolve_disabled(now)
    if changed:
        wake.send_once(DELIVER)


@shared_task(name=DELIVER)
def deliver_messages() -> None:
    """Send what the outbox holds."""
    wake.started(DELIVER)
    deliver(clock.now)
