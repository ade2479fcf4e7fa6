"""When the run of a period opens, rules stand on the last signatures until those expire."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import ChecklistVersion, Item, Run, RunSchedule, Section, SignOff
from bootstrap.checklists.runs.close_run import close_runs
from bootstrap.checklists.runs.open_run import insert_run
from bootstrap.checklists.schedules.acts import start_now
from bootstrap.checklists.schedules.open_due import open_due_runs
from bootstrap.prerequisites import PrerequisiteState, prerequisites
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, Q3, Q4, QUARTER, make_schedule

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SIGNED = datetime(2026, 5, 1, 12, tzinfo=UTC)
EXPIRES = SIGNED + QUARTER * DAY  # 2026-08-02
Act = SignOff.Act


@pytest.fixture
def schedule() -> RunSchedule:
    """Its run of 2026-Q2 is open, with two items."""
    schedule = make_schedule()
    open_due_runs(Q2)
    run = schedule.runs.get()
    builders.item(run, "REVIEWED")
    builders.item(run, "KEYS_ROTATED", variable="API_KEY")
    return schedule


def run_about(schedule: RunSchedule, subject: str) -> Run:
    return schedule.runs.get(subject=subject)


def act(schedule: RunSchedule, subject: str, what: Act, at: datetime = SIGNED, key: str = "REVIEWED") -> None:
    run = run_about(schedule, subject)
    builders.act(run, Item.objects.get(key=key, section__version=run.version), what, at=at)


def state(schedule: RunSchedule, now: datetime, predicate: str = "item:REVIEWED") -> PrerequisiteState:
    return prerequisites(schedule.environment, [predicate], now)[0]


def test_the_last_signature_holds_in_the_next_period_until_it_expires(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    assert state(schedule, SIGNED).until is None
    open_due_runs(Q3)
    current = run_about(schedule, "2026-Q3")
    holding = state(schedule, Q3 + DAY)
    assert (holding.holds, holding.until) == (True, EXPIRES)
    assert holding.why == (
        "Signed by ada, 2026-05-01 12:00 UTC in the run about 2026-Q2; holds until 2026-08-02; "
        "the run about 2026-Q3 is open"
    )
    assert holding.url == f"{current.get_absolute_url()}#item-REVIEWED"
    assert state(schedule, EXPIRES - timedelta(seconds=1)).holds
    expired = state(schedule, EXPIRES)
    assert (expired.holds, expired.until) == (False, None)
    assert expired.why == (
        "Signed by ada, 2026-05-01 12:00 UTC in the run about 2026-Q2; expired on 2026-08-02; "
        "the run about 2026-Q3 is open"
    )
    act(schedule, "2026-Q3", Act.DONE, EXPIRES + DAY)
    signed = state(schedule, EXPIRES + DAY)
    assert (signed.holds, signed.until, signed.why) == (True, None, "Signed by ada, 2026-08-03 12:00 UTC")


@pytest.mark.parametrize(
    ("before", "now", "holds", "why"),
    [
        (None, None, False, "Not signed yet"),
        (Act.DONE, None, True, "Signed by ada"),
        (Act.DONE, Act.SIGNED, True, "Signed by ada"),  # the first of two takes nothing back
        (Act.DONE, Act.UNDONE, False, "Taken back by ada"),
        (Act.DONE, Act.WAIVED, False, "Waived until"),
        (Act.DONE, Act.NOT_APPLICABLE, False, "Marked not applicable by ada"),
        (Act.DONE, Act.DONE, True, "Signed by ada"),
        (Act.UNDONE, None, False, "Not signed yet"),
        (Act.SIGNED, None, False, "Not signed yet"),
        (Act.WAIVED, None, False, "Not signed yet"),
        (Act.NOT_APPLICABLE, None, False, "Marked not applicable by ada"),
        (Act.WAIVED, Act.DONE, True, "Signed by ada"),
    ],
)
def test_what_is_done_in_the_newer_run_counts(
    schedule: RunSchedule, before: Act | None, now: Act | None, holds: bool, why: str
) -> None:
    if before:
        act(schedule, "2026-Q2", before)
    open_due_runs(Q3)
    if now:
        act(schedule, "2026-Q3", now, Q3 + DAY)
    found = state(schedule, Q3 + DAY)
    assert (found.holds, found.why.startswith(why)) == (holds, True), found.why


def test_a_period_without_a_signature_takes_nothing_away(schedule: RunSchedule) -> None:
    RunSchedule.objects.update(expires_after=300)
    act(schedule, "2026-Q2", Act.DONE)
    open_due_runs(Q3)
    open_due_runs(Q4)
    assert run_about(schedule, "2026-Q3").outcome == Run.Outcome.MISSED
    assert "about 2026-Q2; holds until 2027-02-25; the run about 2026-Q4 is open" in state(schedule, Q4).why


def test_what_an_item_says_now_is_not_proven_by_a_signature_on_other_words(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    act(schedule, "2026-Q2", Act.DONE, key="KEYS_ROTATED")
    newer = ChecklistVersion.objects.create(checklist=schedule.checklist, number=2, content_hash="1" * 64)
    section = Section.objects.create(version=newer, slug="core", order=1, title="Core")
    Item.objects.create(section=section, order=1, key="REVIEWED", text="Every account was reviewed")
    same = Item.objects.create(section=section, order=2, key="KEYS_ROTATED", text="KEYS_ROTATED done", kind="set")
    same.variables.add(Item.objects.get(key="KEYS_ROTATED", section__version__number=1).variables.get())
    open_due_runs(Q3)
    assert state(schedule, Q3).why == "Not signed yet"
    assert state(schedule, Q3, "item:KEYS_ROTATED").holds
    assert state(schedule, Q3, "var:API_KEY").holds


def test_an_item_that_the_newer_version_has_no_more_proves_nothing(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    newer = ChecklistVersion.objects.create(checklist=schedule.checklist, number=2, content_hash="1" * 64)
    Section.objects.create(version=newer, slug="core", order=1, title="Core")
    open_due_runs(Q3)
    assert "No open checklist" in state(schedule, Q3).why


def test_a_section_stays_complete_until_the_first_of_its_signatures_expires(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    act(schedule, "2026-Q2", Act.NOT_APPLICABLE, SIGNED + DAY, key="KEYS_ROTATED")
    open_due_runs(Q3)
    holding = state(schedule, Q3, "section:core")
    assert (holding.holds, holding.until, holding.why) == (True, EXPIRES, "2 of 2 items done")
    expired = state(schedule, EXPIRES, "section:core")
    assert not expired.holds
    assert expired.why == ("1 of 2 items done; next: REVIEWED, whose signature of 2026-05-01 expired on 2026-08-02")


def test_a_run_closed_with_all_done_holds_on_and_one_closed_with_something_left_does_not(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    ada = User.objects.create_superuser("root")
    half = Run.objects.filter(pk=run_about(schedule, "2026-Q2").pk)
    close_runs(half, SIGNED + DAY, ada)
    assert half.get().outcome == Run.Outcome.CLOSED
    assert "No open checklist" in state(schedule, SIGNED + DAY).why
    half.update(outcome="", closed_at=None)
    act(schedule, "2026-Q2", Act.DONE, key="KEYS_ROTATED")
    close_runs(half, SIGNED + DAY, ada)
    finished = state(schedule, SIGNED + DAY)
    assert (finished.holds, finished.until) == (True, EXPIRES)
    assert finished.why.endswith("in the run about 2026-Q2; holds until 2026-08-02; no run is open")
    assert not state(schedule, EXPIRES).holds


def test_a_run_started_early_takes_nothing_from_the_one_that_is_open(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    act(schedule, "2026-Q2", Act.DONE, key="KEYS_ROTATED")
    start_now(schedule.pk, User.objects.create_superuser("root"), SIGNED + DAY)
    assert schedule.runs.filter(closed_at=None).count() == 2
    for predicate in ("item:REVIEWED", "section:core", "var:API_KEY"):
        found = state(schedule, SIGNED + DAY, predicate)
        assert (found.holds, found.until) == (True, None)


def test_a_signature_in_a_run_without_a_schedule_still_counts_beside_it(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    open_due_runs(Q3)
    own = insert_run(ChecklistVersion.objects.get(), schedule.environment, subject="by hand")
    builders.act(own, Item.objects.get(key="REVIEWED"), at=Q3)
    found = state(schedule, EXPIRES)
    assert (found.holds, found.until) == (True, None)


def test_other_schedules_lend_nothing(schedule: RunSchedule) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    schedule.runs.update(closed_at=Q3, outcome="finished")
    other = RunSchedule.objects.get()
    other.pk, other.subject, other._state.adding = None, "Other {period}", True
    other.starts_on, other.next_at = date(2026, 7, 1), Q3
    other.save()
    RunSchedule.objects.filter(pk=schedule.pk).update(next_at=None, active=False)
    open_due_runs(Q3)
    assert other.runs.count() == 1
    assert state(schedule, Q3).holds  # by the run that was finished
    assert not state(schedule, EXPIRES).holds


def test_the_statements_do_not_grow_with_periods(
    schedule: RunSchedule, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    act(schedule, "2026-Q2", Act.DONE)
    for quarter in (Q3, Q4):
        open_due_runs(quarter)
    with django_assert_num_queries(4):
        prerequisites(schedule.environment, ["item:REVIEWED", "section:core", "var:API_KEY"], Q4)
