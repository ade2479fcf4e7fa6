"""Celery entry points of checklists."""

from __future__ import annotations

from celery import shared_task

from bootstrap.checklists.audit.daily_head import send_daily_head
from opsconsole.lib import clock
from opsconsole.lib.task_names import AUDIT_HEAD


@shared_task(name=AUDIT_HEAD)
def audit_head() -> None:
    """Note the day's head of the chain of sign-offs and send it. Sent by beat each hour; idempotent."""
    send_daily_head(clock.now())
