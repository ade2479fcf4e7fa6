"""Celery entry point of previews."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from detections.dashboard.rule_preview import jobs
from opsconsole.lib import clock
from opsconsole.lib.task_names import RULE_PREVIEW

# How long one task judges: then the worker can take other tasks, as the judge's.
TURN = timedelta(seconds=1)


@shared_task(name=RULE_PREVIEW)
def preview_rule(name: str) -> None:
    """Judges some scopes of the preview; sends itself again until all are judged."""
    end = clock.now() + TURN
    if jobs.work(name, clock.now(), lambda: clock.now() < end):
        jobs.send(name)
