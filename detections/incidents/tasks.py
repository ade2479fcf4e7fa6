"""Celery entry points of the incidents."""

from __future__ import annotations

import logging

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task
from django.conf import settings

from detections.alerts.summary.make import make_summary
from detections.incidents.actions.summary_section import overdue_actions
from detections.incidents.postmortem.remind import remind_of_postmortems
from detections.incidents.similar.from_runbooks import record_runbooks
from detections.incidents.timeline.gather import gather_all
from detections.incidents.updates.remind import remind_of_updates
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import DAILY_SUMMARY, INCIDENTS

logger = logging.getLogger(__name__)


@shared_task(name=INCIDENTS)
def work_incidents() -> None:
    """Reminds of what is due, records the incidents of new runbooks, and gathers timelines, which may take longest;
    sent by beat. Where one of them raises, which is logged, the others still run."""
    task_trigger.started(INCIDENTS)
    now = clock.now()
    for work in (remind_of_updates, remind_of_postmortems, record_runbooks, gather_all):
        try:
            work(now)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            logger.exception("incidents: %s failed; the next run tries again", work.__name__)


@shared_task(name=DAILY_SUMMARY)
def make_daily_summary() -> None:
    """Makes the daily summary if it is due; the sender delivers it. It is here because incidents add to it."""
    task_trigger.started(DAILY_SUMMARY)
    make_summary(clock.now(), settings.SUMMARY_TIME, settings.SUMMARY_ZONE, [overdue_actions])
