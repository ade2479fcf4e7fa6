"""A run that a schedule opens has the schedule's owner and its due date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.checklists.models import ChecklistVersion, Run, RunPlan, RunSchedule
from bootstrap.checklists.plans.queries import overdue
from bootstrap.checklists.runs.open_run import move_run
from bootstrap.checklists.schedules.acts import start_now
from bootstrap.checklists.schedules.calendar import UNITS, period
from bootstrap.checklists.schedules.open_due import open_due_runs
from bootstrap.config_health.findings.recheck import recompute_all
from bootstrap.config_health.models import Finding
from opsconsole.accounts.models import Owner, User
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, Q3, make_schedule, run_of
from tests.bootstrap.config_health.reports import deployment

DAY = timedelta(days=1)
LATE = datetime(2026, 4, 16, 12, tzinfo=UTC)


def plan_of(run: Run) -> tuple[str | None, date | None, str]:
    plan = RunPlan.objects.select_related("owner").get(run=run, item=None)
    return plan.owner.name if plan.owner else None, plan.due_on, plan.set_by_name


@pytest.fixture
def schedule(db: None) -> RunSchedule:
    return make_schedule(due_days=14, owner=Owner.objects.create(name="platform"))


def boss() -> User:
    return User.objects.create_superuser("boss", password="pass")


def test_a_run_has_the_schedules_owner_and_due_date_and_is_overdue_after_it(schedule: RunSchedule) -> None:
    open_due_runs(Q2)
    run = schedule.runs.get()
    assert plan_of(run) == ("platform", date(2026, 4, 15), "its schedule")
    builders.item(run, "REVIEWED")
    assert not overdue(LATE - DAY)
    assert [(late.run, str(late.owner)) for late in overdue(LATE)] == [(run, "platform")]


def test_without_days_it_is_due_on_the_last_day_before_the_next_one_starts() -> None:
    schedule = RunSchedule(starts_on=date(2026, 4, 1), at=time(9), zone="UTC", unit="quarter")
    assert schedule.due_on(period(schedule.cadence, 0)) == date(2026, 6, 30)


@given(
    st.sampled_from(UNITS),
    st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles"]),
    st.times(),
    st.integers(0, 400),
    st.none() | st.integers(1, 500),
)
def test_the_due_day_is_over_before_the_next_period_starts(
    unit: str, zone: str, at: time, number: int, days: int | None
) -> None:
    schedule = RunSchedule(starts_on=date(2026, 1, 31), at=at, zone=zone, unit=unit, due_days=days)
    each = period(schedule.cadence, number)
    over = datetime.combine(schedule.due_on(each) + DAY, time(), UTC)
    assert each.start - DAY < over <= each.end


def test_a_run_that_is_opened_late_is_not_overdue_as_it_opens(schedule: RunSchedule) -> None:
    open_due_runs(LATE + 10 * DAY)
    assert plan_of(schedule.runs.get())[1] == date(2026, 4, 26)


def test_a_run_started_before_its_time_has_them_too_from_whom_started_it(schedule: RunSchedule) -> None:
    open_due_runs(Q2)
    assert plan_of(start_now(schedule.pk, boss(), Q2 + DAY)) == ("platform", date(2026, 7, 15), "boss")


def test_a_run_that_moves_keeps_them(schedule: RunSchedule) -> None:
    open_due_runs(Q2)
    newer = ChecklistVersion.objects.create(checklist=schedule.checklist, number=2, content_hash="1" * 64)
    moved = move_run(schedule.runs.get(), newer, boss(), Q2 + DAY)
    assert plan_of(moved) == ("platform", date(2026, 4, 15), "its schedule")


def test_findings_about_a_run_that_was_missed_close_with_it(schedule: RunSchedule) -> None:
    deployment()
    open_due_runs(Q2)
    builders.item(schedule.runs.get(), "REVIEWED")
    recompute_all(LATE)
    assert [(each.kind, each.run) for each in Finding.objects.filter(closed_at=None)] == [
        ("overdue_run", run_of(schedule, "2026-04-01"))
    ]
    open_due_runs(Q3)
    recompute_all(Q3)
    assert run_of(schedule, "2026-04-01").outcome == "missed"
    assert not Finding.objects.filter(closed_at=None).exists()
