"""Celery entry points of the rules."""

from __future__ import annotations

from datetime import datetime, timedelta

from celery import shared_task

from detections.rules.evaluation import on_arrival, refresh_baselines, scheduler
from opsconsole.lib import clock, task_trigger
from opsconsole.lib.task_names import ALERTS, JUDGE, TICK

# Of estimates in one tick: then the worker takes other tasks (digest, judging) between; beat sends the next tick.
TURN = timedelta(seconds=5)


@shared_task(name=TICK)
def tick() -> None:
    """Make and judge the slots that are due, then what waits; sent by beat."""
    now = clock.now()
    scheduler.make_due(now)
    judged = scheduler.catch_up(now)
    if _judge_waiting(now) + judged:
        task_trigger.send_once(ALERTS)
    refresh_baselines.refresh_all(clock.now, TURN)


@shared_task(name=JUDGE)
def judge() -> None:
    """Judge what waits, before its minute is over; sent by each digest, sign-off and report (coalesced)."""
    task_trigger.started(JUDGE)
    if _judge_waiting(clock.now()):
        task_trigger.send_once(ALERTS)


def _judge_waiting(now: datetime) -> int:
    """Rules that have just armed, minutes with news, findings that reports opened just now; returns how many minutes
    and evaluations that were."""
    return on_arrival.judge_newly_armed(now) + on_arrival.judge_all(now) + on_arrival.judge_reports(now)
