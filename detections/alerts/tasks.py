"""Celery entry points of the alerts."""

from __future__ import annotations

from celery import shared_task

from detections.alerts.acknowledge import expire
from detections.alerts.consume import consume
from detections.alerts.outbox import deliver
from detections.alerts.resolve import resolve_disabled
from opsconsole.lib import clock


@shared_task(name="detections.alerts")
def work_alerts() -> None:
    """Apply what the rules judged and what has come due; sent by the rules after judging, and by beat."""
    now = clock.now()
    changed = consume(now) + expire(now) + resolve_disabled(now)
    if changed:
        deliver_messages.delay()


@shared_task(name="detections.deliver")
def deliver_messages() -> None:
    """Send what the outbox holds."""
    deliver(clock.now)
