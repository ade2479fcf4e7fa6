"""A period has one run, whoever looks and however often; the run before it is closed as what it was."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import ChecklistVersion, Item, Run, RunSchedule
from bootstrap.checklists.runs.open_run import insert_run, move_run
from bootstrap.checklists.schedules.acts import change
from bootstrap.checklists.schedules.open_due import open_due_runs
from opsconsole.accounts.models import User
from tests.at_once import race
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, Q3, Q4, make_schedule, run_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def item(schedule: RunSchedule) -> Item:
    return builders.item(schedule.runs.latest("period"), "REVIEWED")


def test_a_run_is_opened_when_its_period_starts_and_not_again() -> None:
    schedule = make_schedule(subject="Access review {period}")
    assert open_due_runs(Q2 - MINUTE) == 0
    assert open_due_runs(Q2) == 1
    assert open_due_runs(Q2 + MINUTE) == 0
    run = schedule.runs.get()
    assert (run.subject, run.period, run.started_by, run.opener) == (
        "Access review 2026-Q2",
        date(2026, 4, 1),
        None,
        "its schedule",
    )
    schedule.refresh_from_db()
    assert schedule.next_at == Q3


def test_a_run_that_was_not_finished_is_missed_when_the_next_one_opens() -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    item(schedule)
    assert open_due_runs(Q3 + MINUTE) == 1
    missed, current = run_of(schedule, "2026-04-01"), run_of(schedule, "2026-07-01")
    assert (missed.outcome, missed.closed_by, missed.ending) == (Run.Outcome.MISSED, None, "Missed, by its schedule")
    assert (current.closed_at, current.skipped) == (None, 0)


def test_a_run_whose_items_are_done_is_finished() -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    builders.act(schedule.runs.get(), item(schedule))
    open_due_runs(Q3)
    assert run_of(schedule, "2026-04-01").outcome == Run.Outcome.FINISHED


def test_after_the_console_was_away_only_the_current_period_has_a_run_and_the_others_are_counted() -> None:
    schedule = make_schedule(unit="week", starts_on=date(2026, 3, 30))
    open_due_runs(Q2)
    assert open_due_runs(Q2 + timedelta(weeks=5)) == 1
    assert [run.subject for run in schedule.runs.order_by("period")] == ["week 14 of 2026", "week 19 of 2026"]
    assert schedule.runs.latest("period").skipped == 4


def test_the_newest_version_is_opened() -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    ChecklistVersion.objects.create(checklist=schedule.checklist, number=2, content_hash="1" * 64)
    open_due_runs(Q3)
    assert [run.version.number for run in schedule.runs.order_by("period")] == [1, 2]


def test_a_run_that_is_closed_by_hand_is_not_opened_again_in_its_period() -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    schedule.runs.update(closed_at=Q2 + MINUTE, outcome=Run.Outcome.CLOSED)
    RunSchedule.objects.update(next_at=Q2)  # as if another beat had not seen it
    assert open_due_runs(Q2 + 2 * MINUTE) == 0
    assert schedule.runs.count() == 1


def test_where_a_run_on_that_subject_is_open_it_says_so_and_tries_again() -> None:
    schedule = make_schedule()
    own = insert_run(ChecklistVersion.objects.get(), schedule.environment, subject="2026-Q2")
    assert open_due_runs(Q2) == 0
    schedule.refresh_from_db()
    assert schedule.problem.startswith("A run of setup about 2026-Q2 is open in demo/prod already")
    own.delete()
    assert open_due_runs(Q2 + MINUTE) == 1
    schedule.refresh_from_db()
    assert schedule.problem == ""


def test_a_paused_schedule_does_nothing_and_resumed_it_opens_the_current_period() -> None:
    ada = User.objects.create_superuser("ada")
    schedule = make_schedule()
    open_due_runs(Q2)
    change(schedule.pk, {"active": False}, ada, Q2 + MINUTE, seen=0)
    assert open_due_runs(Q4) == 0
    assert schedule.runs.get().closed_at is None
    change(schedule.pk, {"active": True}, ada, Q4 + MINUTE, seen=1)
    assert open_due_runs(Q4 + 2 * MINUTE) == 1
    assert run_of(schedule, "2026-10-01").skipped == 1
    assert run_of(schedule, "2026-04-01").outcome == Run.Outcome.FINISHED  # it has no item


def test_nothing_due_costs_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_schedule(next_at=Q4)
    with django_assert_num_queries(1):
        open_due_runs(Q3)


def test_a_moved_run_stays_that_of_its_period() -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    newer = ChecklistVersion.objects.create(checklist=schedule.checklist, number=2, content_hash="1" * 64)
    moved = move_run(schedule.runs.get(), newer, User.objects.create_superuser("ada"), Q2 + MINUTE)
    moved.refresh_from_db()
    assert (moved.schedule, moved.period) == (schedule, date(2026, 4, 1))
    assert {run.outcome for run in schedule.runs.all()} == {"moved", ""}
    assert open_due_runs(Q3) == 1
    moved.refresh_from_db()
    assert moved.outcome == Run.Outcome.FINISHED


def test_the_database_refuses_a_second_run_of_a_period() -> None:
    schedule = make_schedule()
    open_due_runs(Q2)
    run = schedule.runs.get()
    with pytest.raises(IntegrityError, match="one_run_of_a_period"), transaction.atomic():
        Run.objects.create(
            version=run.version,
            checklist=run.checklist,
            environment=run.environment,
            subject="another",
            schedule=schedule,
            period=run.period,
        )


def test_one_that_fails_does_not_keep_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = make_schedule(next_at=Q2 - MINUTE)
    RunSchedule.objects.filter(pk=broken.pk).update(zone="Mars/Olympus")
    other = make_schedule(subject="Other {period}")
    assert open_due_runs(Q2) == 1
    assert other.runs.count() == 1
    assert "was not looked at" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_open_one_run() -> None:
    schedule = make_schedule()
    opened = race(lambda number: open_due_runs(Q2))
    assert sorted(opened, key=str) == [0, 0, 0, 1]
    assert schedule.runs.count() == 1
