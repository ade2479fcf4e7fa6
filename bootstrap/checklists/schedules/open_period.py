"""Opens the run of one period of a schedule."""

from __future__ import annotations

from datetime import datetime

from bootstrap.checklists.models import ChecklistVersion, Run, RunPlan, RunSchedule
from bootstrap.checklists.plans.view import day_of
from bootstrap.checklists.refusals import NothingToRun
from bootstrap.checklists.runs.open_run import insert_run
from bootstrap.checklists.schedules.calendar import Period
from opsconsole.accounts.models import User


def open_period(schedule: RunSchedule, period: Period, by: User | None, now: datetime, skipped: int = 0) -> Run:
    """The new run of the newest version of the checklist, opened by a person, or (None) by the schedule itself, with
    the owner of the schedule and the due date that it gives the period: not before the day of `now`, so that nothing
    is overdue as it opens.

    `skipped` is how many periods before it had no run. Raises NothingToRun where the checklist has no version,
    AlreadyOpen where a run on the same subject is open, also that of the period.
    """
    newest = ChecklistVersion.objects.filter(checklist=schedule.checklist_id).select_related("checklist")
    version = newest.order_by("-number").first()
    if version is None:
        raise NothingToRun(schedule.checklist)
    run = insert_run(
        version,
        schedule.environment,
        subject=schedule.subject_of(period),
        started_by=by,
        schedule=schedule,
        period=period.day,
        skipped=skipped,
    )
    RunPlan.objects.create(
        run=run,
        owner_id=schedule.owner_id,
        due_on=max(schedule.due_on(period), day_of(now)),
        set_by=by,
        set_by_name=by.get_username() if by else "its schedule",
        set_at=now,
    )
    return run
