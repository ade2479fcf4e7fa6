"""Celery entry points of the rules."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from detections.rules.evaluation import on_arrival, refresh_baselines, scheduler
from opsconsole.lib import clock, task_trigger

# Of estimates in one tick: then the worker takes other tasks (digest, judging) between; beat sends the next tick.
TURN = timedelta(seconds=5)
TICK = "detections.tick"
JUDGE = "detections.judge"
ALERTS = "detections.alerts"  # the room above, which imports this one: known by name only


@shared_task(name=TICK)
def tick() -> None:
    """Make and judge the slots that are due, then whatever else waits; sent by beat."""
    now = clock.now()
    scheduler.make_due(now)
    judged = scheduler.catch_up(now) + on_arrival.judge_newly_armed(now) + on_arrival.judge_all(now)
    judged += on_arrival.judge_reports(now)
    if judged:
        task_trigger.send_once(ALERTS)
    refresh_baselines.refresh_all(clock.now, TURN)


@shared_task(name=JUDGE)
def judge() -> None:
    """Judge the minutes that have news, and what reports just found; sent by each digest, sign-off and report
    (coalesced)."""
    task_trigger.started(JUDGE)
    now = clock.now()
    if on_arrival.judge_all(now) + on_arrival.judge_reports(now):
        task_trigger.send_once(ALERTS)
