"""Opens the run of each period that has come, and closes those of periods that are over. Beat calls it each minute."""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from bootstrap.checklists.models import Run, RunSchedule
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.runs.close_run import close_runs
from bootstrap.checklists.schedules.calendar import Period, numbers_between, period_at, upcoming
from bootstrap.checklists.schedules.open_period import open_period

logger = logging.getLogger(__name__)


def open_due_runs(now: datetime) -> int:
    """Do what is due at `now` for each schedule, in a transaction of its own; returns how many runs were opened.

    One query where nothing is due. A schedule that fails is logged, and the others are still looked at.
    """
    due = RunSchedule.objects.filter(next_at__lte=now).order_by("next_at", "pk")
    opened = 0
    for pk in list(due.values_list("pk", flat=True)):
        try:
            opened += _turn_over(pk, now)
        except Exception:
            logger.exception("the schedule %s of a checklist was not looked at; the next minute tries again", pk)
    return opened


@transaction.atomic
def _turn_over(pk: int, now: datetime) -> bool:
    """Whether a run was opened. What another worker has in hand, or was done since, is left alone."""
    # No key: moving a run locks the chain of sign-offs first, and then refers to this row.
    schedules = RunSchedule.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    schedule = (
        schedules.select_related("checklist", "environment__system")
        .filter(pk=pk, active=True, next_at__lte=now)
        .first()
    )
    if schedule is None:
        return False
    current = period_at(schedule.cadence, now)
    if current is None:  # its first day was moved into the future
        plan(schedule, now)
        return False
    close_runs(schedule.runs.filter(period__lt=current.day), now)
    try:
        opened = _open(schedule, current, now)
    except Refusal as refusal:
        if schedule.problem != str(refusal):
            logger.warning("no run was opened for %s: %s", schedule, refusal)
            schedule.problem = str(refusal)[:500]
            schedule.save(update_fields=["problem"])
        return False  # stays due: the next minute tries again
    schedule.problem = ""
    plan(schedule, now)
    return opened


def _open(schedule: RunSchedule, current: Period, now: datetime) -> bool:
    before = schedule.runs.aggregate(newest=Max("period"))["newest"]
    if before is not None and before >= current.day:
        return False
    skipped = numbers_between(schedule.cadence, before, current) if before else 0
    open_period(schedule, current, by=None, now=now, skipped=skipped)
    return True


def plan(schedule: RunSchedule, now: datetime) -> None:
    """Say when the schedule has something to do next: at once where the current period has no run. Saves it."""
    schedule.next_at = next_turn(schedule, now) if schedule.active else None
    schedule.save(update_fields=["next_at", "problem"])


def next_turn(schedule: RunSchedule, now: datetime) -> datetime:
    """When an active schedule has something to do next."""
    current = period_at(schedule.cadence, now)
    newest = schedule.runs.aggregate(newest=Max("period"))["newest"]
    if current is not None and (newest is None or newest < current.day):
        return current.start
    return upcoming(schedule.cadence, now, 1)[0].start


def has_run(schedule: RunSchedule, period: Period) -> bool:
    """Whether the period has its run, open or closed."""
    return Run.objects.filter(schedule=schedule, period=period.day).exists()
