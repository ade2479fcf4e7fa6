"""Celery entry point of imports."""

from __future__ import annotations

from celery import shared_task

from bootstrap.importer import jobs
from opsconsole.lib import clock, task_trigger


@shared_task(name=jobs.TASK)
def runbook_imports() -> None:
    """Do one import and send the task again while there are more, so that others run between. Beat sends it too."""
    task_trigger.started(jobs.TASK)
    if jobs.work_one(clock.now):
        task_trigger.send_once(jobs.TASK)
