"""What people do with schedules: make one, change it, pause and resume it, start a run before its time, delete it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from bootstrap.checklists.models import Run, RunSchedule
from bootstrap.checklists.refusals import AlreadyOpen, ScheduleChanged, ScheduleHasRuns
from bootstrap.checklists.runs.open_run import PERMISSION
from bootstrap.checklists.schedules.calendar import Period, period_at, upcoming
from bootstrap.checklists.schedules.open_due import has_run, plan
from bootstrap.checklists.schedules.open_period import open_period
from opsconsole.accounts.models import User


@transaction.atomic
def make(schedule: RunSchedule, by: User, now: datetime) -> RunSchedule:
    """Keep a new schedule. The run of a period that has begun is opened within the minute.

    Raises ValidationError by field; PermissionDenied.
    """
    _may(by)
    schedule.created_by = by
    _save(schedule)
    plan(schedule, now)
    return schedule


@transaction.atomic
def change(pk: int, values: Mapping[str, Any], by: User, now: datetime, seen: int | None) -> RunSchedule:
    """Give these fields of the schedule other values; runs that are there stay as they are.

    `seen` is the revision that the person saw, None to skip the check. Raises ScheduleChanged, ValidationError by
    field, RunSchedule.DoesNotExist; PermissionDenied.
    """
    _may(by)
    schedule = _locked(pk)
    if seen is not None and seen != schedule.revision:
        raise ScheduleChanged(schedule)
    for name, value in values.items():
        setattr(schedule, name, value)
    schedule.revision += 1
    schedule.problem = ""
    _save(schedule)
    plan(schedule, now)
    return schedule


@transaction.atomic
def delete(pk: int, by: User) -> None:
    """Delete a schedule that has opened no run. Raises ScheduleHasRuns, RunSchedule.DoesNotExist; PermissionDenied."""
    _may(by)
    schedule = _locked(pk)
    if schedule.runs.exists():
        raise ScheduleHasRuns(schedule)
    schedule.delete()


@transaction.atomic
def start_now(pk: int, by: User, now: datetime) -> Run:
    """Open the run of the current period, or that of the next one where the current one has its run. Also while paused.

    The run before stays open until its period is over. Raises AlreadyOpen, NothingToRun, RunSchedule.DoesNotExist;
    PermissionDenied.
    """
    _may(by)
    schedule = _locked(pk)
    period = startable(schedule, now)
    if period is None:
        following = upcoming(schedule.cadence, now, 1)[0]
        version = schedule.runs.filter(period=following.day).latest("pk").version
        raise AlreadyOpen(version, schedule.environment, schedule.subject_of(following))
    run = open_period(schedule, period, by, now)
    plan(schedule, now)
    return run


def startable(schedule: RunSchedule, now: datetime) -> Period | None:
    """The period whose run may be started at `now`; None where the current and the next one have theirs."""
    current = period_at(schedule.cadence, now)
    candidates = [*([current] if current else []), *upcoming(schedule.cadence, now, 1)]
    return next((period for period in candidates if not has_run(schedule, period)), None)


def _save(schedule: RunSchedule) -> None:
    """Of two people who make the same one at once the second is told, as if it had been there before."""
    schedule.full_clean()
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError:
        schedule.validate_constraints()
        raise


def _locked(pk: int) -> RunSchedule:
    schedules = RunSchedule.objects.select_for_update(of=("self",), no_key=True)
    return schedules.select_related("checklist", "environment__system").get(pk=pk)


def _may(by: User) -> None:
    if not by.has_perm(PERMISSION):
        raise PermissionDenied(f"{by} may not open runs")
