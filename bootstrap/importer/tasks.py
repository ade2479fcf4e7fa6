"""Celery entry point of imports."""

from __future__ import annotations

from celery import shared_task

from bootstrap.importer import jobs
from bootstrap.importer.store.write_postures import propose_waiting
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import RUNBOOK_IMPORTS


@shared_task(name=RUNBOOK_IMPORTS)
def runbook_imports() -> None:
    """Do one import and send the task again while there are more, so that others run between. Beat sends it too, and
    with it what waited for a deployment is proposed.
    """
    task_trigger.started(RUNBOOK_IMPORTS)
    if jobs.work_one(clock.now):
        task_trigger.send_once(RUNBOOK_IMPORTS)
    propose_waiting(clock.now())
