"""Celery entry points of the rules."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from billiard.exceptions import SoftTimeLimitExceeded
from celery import shared_task

from detections.rules.baseline import recount
from detections.rules.evaluation import on_arrival, refresh_baselines, scheduler
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import ALERTS, BASELINES, JUDGE, TICK

logger = logging.getLogger(__name__)

# How long one task estimates baselines: then the worker can take other tasks.
TURN = timedelta(seconds=1)


@shared_task(name=TICK)
def tick() -> None:
    """Makes and judges the due slots, then what waits. Sent by beat."""
    now = clock.now()
    scheduler.make_due(now)
    judged = scheduler.catch_up(now)
    if _judge_waiting(now) + judged:
        task_trigger.send_once(ALERTS)


@shared_task(name=BASELINES)
def baselines() -> None:
    """Estimates what lacks its hour, for TURN at most; sends itself again until nothing is left. Sent by beat."""
    task_trigger.started(BASELINES)
    if refresh_baselines.refresh_all(clock.now, TURN):
        task_trigger.send_once(BASELINES)


@shared_task(name=JUDGE)
def judge() -> None:
    """Judges what waits before its minute is over; sent after each digest, sign-off, report and probe run
    (coalesced)."""
    task_trigger.started(JUDGE)
    if _judge_waiting(clock.now()):
        task_trigger.send_once(ALERTS)


def _judge_waiting(now: datetime) -> int:
    """Judges newly armed rules, dirty minutes, new findings and probe runs, once series are linked; returns the number
    of minutes and evaluations."""
    _link(now)
    judged = on_arrival.judge_newly_armed(now) + on_arrival.judge_all(now) + on_arrival.judge_reports(now)
    return judged + on_arrival.judge_probes(now)


def _link(now: datetime) -> None:
    """Where it raises, which is logged, rules are judged all the same. A time limit ends the task."""
    try:
        recount.link_and_recount(now)
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("series could not be linked; the next run tries again")
