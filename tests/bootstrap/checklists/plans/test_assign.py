"""Owners and due dates: set for the run, items and many; kept with history; carried over; refused with a sentence."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from bootstrap.checklists.models import ChecklistVersion, Item, Run, RunPlan, Section
from bootstrap.checklists.plans.assign import KEEP, PlanChange, assign, due_date, owner_called
from bootstrap.checklists.plans.refusals import DueDateWrong, NothingChosen, OwnerUnknown, PlanChanged, PlanMissing
from bootstrap.checklists.refusals import RunClosed
from bootstrap.checklists.runs.open_run import move_run
from opsconsole.accounts.models import Owner, User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
DAY = timedelta(days=1)


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    for key in ("A", "B", "C"):
        builders.item(run, key)
    return run


@pytest.fixture
def ada() -> User:
    return User.objects.create_superuser("ada")


def pk(key: str) -> int:
    return Item.objects.get(key=key, section__version__number=1).pk


def owner(name: str = "sre") -> Owner:
    group = Group.objects.get_or_create(name=name)[0]
    return Owner.objects.get_or_create(name=name, defaults={"group": group})[0]


def rows(run: Run) -> dict[str | None, tuple[str | None, date | None]]:
    found = RunPlan.objects.filter(run=run).select_related("item", "owner")
    return {
        each.item.key if each.item else None: (each.owner.name if each.owner else None, each.due_on) for each in found
    }


def test_it_is_set_for_the_run_and_for_many_items_and_what_is_left_out_stays(run: Run, ada: User) -> None:
    assert assign(run, [None, pk("A"), pk("B")], PlanChange(owner(), TODAY), ada, NOON) == 3
    assert assign(run, [pk("A"), pk("B")], PlanChange(due_on=TODAY + DAY), ada, NOON) == 2
    assert assign(run, [pk("B")], PlanChange(owner=None), ada, NOON) == 1
    assert rows(run) == {None: ("sre", TODAY), "A": ("sre", TODAY + DAY), "B": (None, TODAY + DAY)}


def test_setting_the_same_again_changes_nothing_and_every_change_is_in_the_history(run: Run, ada: User) -> None:
    for _ in range(2):
        assign(run, [pk("A")], PlanChange(owner(), TODAY), ada, NOON)
    assign(run, [pk("A")], PlanChange(None, None), ada, NOON + DAY)
    assert assign(run, [pk("B")], PlanChange(None, None), ada, NOON) == 0
    (plan,) = RunPlan.objects.all()
    assert (plan.revision, plan.set_by_name, plan.set_at) == (2, "ada", NOON + DAY)
    history = plan.events.order_by("pgh_id").values_list("owner__name", "due_on")  # type: ignore[attr-defined]
    assert list(history) == [("sre", TODAY), (None, None)]


def test_who_saw_an_older_one_is_told_and_changes_nothing(run: Run, ada: User) -> None:
    assign(run, [pk("A")], PlanChange(owner()), ada, NOON, seen=0)
    with pytest.raises(PlanChanged, match="ada has set it meanwhile"):
        assign(run, [pk("A")], PlanChange(owner("dev")), ada, NOON, seen=0)
    with pytest.raises(PlanChanged, match="never set"):
        assign(run, [pk("B")], PlanChange(owner("dev")), ada, NOON, seen=1)
    assert rows(run) == {"A": ("sre", None)}


@pytest.mark.parametrize("due", [TODAY - DAY, TODAY + timedelta(days=4000)])
def test_a_new_due_date_is_today_or_later_and_one_that_has_passed_may_stay(run: Run, ada: User, due: date) -> None:
    with pytest.raises(DueDateWrong, match=f"from {TODAY} to"):
        assign(run, [pk("A")], PlanChange(due_on=due), ada, NOON)
    assign(run, [pk("A")], PlanChange(due_on=TODAY), ada, NOON)
    assert assign(run, [pk("A")], PlanChange(owner(), TODAY), ada, NOON + 9 * DAY) == 1


def test_what_is_refused_says_why_and_writes_nothing(run: Run, ada: User) -> None:
    other = builders.item(builders.run(builders.environment("staging"), "other"), "A")
    with pytest.raises(NothingChosen):
        assign(run, [], PlanChange(owner()), ada, NOON)
    with pytest.raises(NothingChosen):
        assign(run, [other.pk], PlanChange(owner()), ada, NOON)
    with pytest.raises(PlanMissing):
        assign(run, [pk("B")], PlanChange(KEEP, KEEP), ada, NOON)
    with pytest.raises(PermissionDenied):
        assign(run, [pk("B")], PlanChange(owner()), builders.person("eve"), NOON)
    Run.objects.filter(pk=run.pk).update(closed_at=NOON)
    with pytest.raises(RunClosed):
        assign(run, [pk("B")], PlanChange(owner()), ada, NOON)
    assert not RunPlan.objects.exists()


def test_owners_are_named_as_everywhere_and_dates_are_written_one_way(ada: User) -> None:
    owner("sre")
    assert owner_called(" sre ") == Owner.objects.get(name="sre")
    assert owner_called("  ") is None
    found = owner_called("ada")
    assert found is not None
    assert found.user == ada
    for name in ("nobody-at-all", "a\x00b"):
        with pytest.raises(OwnerUnknown, match="name an owner or a user"):
            owner_called(name)
    assert (due_date("2026-06-20", NOON), due_date(" ", NOON)) == (date(2026, 6, 20), None)
    for text in ("20.6.2026", "20260620", "2026-02-30", "2026-06-20T00:00"):
        with pytest.raises(DueDateWrong):
            due_date(text, NOON)


def test_moving_to_a_newer_version_carries_them_over_by_key(run: Run, ada: User) -> None:
    assign(run, [None, pk("A"), pk("B")], PlanChange(owner(), TODAY), ada, NOON)
    newer = ChecklistVersion.objects.create(checklist=run.version.checklist, number=2, content_hash="1" * 64)
    section = Section.objects.create(version=newer, slug="core", order=1, title="Core")
    for number, key in enumerate(("B", "D")):
        Item.objects.create(section=section, order=number, key=key, text=f"{key} said anew")
    following = move_run(run, newer, ada, NOON + 3 * DAY)
    assert rows(following) == {None: ("sre", TODAY), "B": ("sre", TODAY)}
    assert {plan.set_at for plan in RunPlan.objects.filter(run=following)} == {NOON}
    assert len(rows(run)) == 3, "the old run keeps its own"
