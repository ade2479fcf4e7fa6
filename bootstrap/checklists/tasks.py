"""Celery entry points of checklists."""

from __future__ import annotations

from celery import shared_task

from bootstrap.checklists.audit.daily_head import send_daily_head
from bootstrap.checklists.schedules.open_due import open_due_runs
from opsconsole.lib import clock
from opsconsole.lib.task_names import AUDIT_HEAD, SCHEDULED_RUNS


@shared_task(name=AUDIT_HEAD)
def audit_head() -> None:
    """Note the day's head of the chain of sign-offs and send it. Sent by beat each hour; idempotent."""
    send_daily_head(clock.now())


@shared_task(name=SCHEDULED_RUNS)
def scheduled_runs() -> None:
    """Open the runs of periods that have come and close those that are over. Sent by beat each minute; idempotent."""
    open_due_runs(clock.now())
