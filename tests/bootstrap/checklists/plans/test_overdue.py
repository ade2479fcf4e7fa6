"""What is overdue: after the day, in open runs, until it is settled; blocked items too, saying what they wait for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bootstrap.checklists.models import Item, ItemDependency, Run, SignOff
from bootstrap.checklists.plans.assign import PlanChange, assign
from bootstrap.checklists.plans.queries import overdue
from bootstrap.checklists.run_page import run_view
from bootstrap.config_health.findings.recheck import recompute_all
from bootstrap.config_health.models import Finding
from bootstrap.config_health.queries import reported_findings
from opsconsole.accounts.models import Owner, User
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db
TODAY = NOON.date()
DAY = timedelta(days=1)


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    first, second = builders.item(run, "A"), builders.item(run, "B")
    ItemDependency.objects.create(item=second, needs_item=first)
    return run


def item(key: str) -> Item:
    return Item.objects.get(key=key)


def plan(run: Run, *keys: str | None, owner: str = "", days: int = 0) -> None:
    by = User.objects.filter(username="root").first() or User.objects.create_superuser("root")
    named = Owner.objects.get_or_create(name=owner)[0] if owner else None
    pks = [item(key).pk if key else None for key in keys]
    assign(run, pks, PlanChange(named, TODAY + days * DAY), by, NOON)


def late(days: int) -> list[tuple[str, str]]:
    found = overdue(NOON + days * DAY)
    return [(each.item.key if each.item else "run", each.describe()) for each in found]


def test_a_day_ends_in_utc_and_then_it_is_overdue(run: Run) -> None:
    plan(run, "A", owner="ada")
    midnight = NOON + timedelta(hours=12)
    assert overdue(midnight - timedelta(seconds=1)) == []
    (found,) = overdue(midnight)
    assert (found.item, found.describe()) == (item("A"), f"Was due {TODAY} (UTC), owner ada")
    assert found.url == f"{run.get_absolute_url()}#item-A"


def test_a_blocked_item_is_overdue_and_says_what_it_waits_for(run: Run) -> None:
    plan(run, "B")
    assert late(1) == [("B", f"Was due {TODAY} (UTC), nobody owns it; waits for A")]


@pytest.mark.parametrize("act", [SignOff.Act.DONE, SignOff.Act.WAIVED, SignOff.Act.NOT_APPLICABLE])
def test_what_is_settled_is_never_overdue(run: Run, act: SignOff.Act) -> None:
    plan(run, "A")
    builders.act(run, item("A"), act)
    assert late(1) == []
    assert (late(40) != []) is (act == SignOff.Act.WAIVED), "a waiver that has lapsed leaves it open"


def test_half_signed_and_taken_back_items_are(run: Run) -> None:
    plan(run, "A")
    builders.act(run, item("A"), SignOff.Act.SIGNED)
    assert len(late(1)) == 1
    builders.act(run, item("A"), SignOff.Act.UNDONE)
    assert len(late(1)) == 1


def test_a_run_is_overdue_while_items_are_left_and_its_owner_has_its_items(run: Run) -> None:
    plan(run, None, owner="sre", days=1)
    plan(run, "A")
    assert late(1) == [("A", f"Was due {TODAY} (UTC), owner sre")]
    assert late(2)[1] == ("run", f"Was due {TODAY + DAY} (UTC), owner sre; 2 items left")
    builders.act(run, item("A"))
    assert late(2) == [("run", f"Was due {TODAY + DAY} (UTC), owner sre; 1 item left")]
    builders.act(run, item("B"))
    assert late(2) == []


def test_nothing_of_a_closed_run_is(run: Run) -> None:
    plan(run, None, "A")
    Run.objects.update(closed_at=NOON)
    assert late(1) == []
    view = run_view(run_again(run), NOON + DAY)
    assert not view.plan.overdue
    assert view.overdue == []


def run_again(run: Run) -> Run:
    return Run.objects.select_related("version__checklist", "environment__system").get(pk=run.pk)


def test_the_page_says_the_same(run: Run) -> None:
    plan(run, None, "A", owner="sre")
    view = run_view(run_again(run), NOON + DAY)
    assert ([it.key for it in view.overdue], view.plan.overdue) == (["A"], True)
    assert view.item(item("A").pk).plan.describe() == f"owner sre, overdue: was due {TODAY}"
    assert (view.item(item("B").pk).plan.owner, view.item(item("B").pk).plan.inherited) == ("sre", True)


@pytest.mark.parametrize("more", [1, 20])
def test_the_number_of_statements_does_not_grow(run: Run, more: int, django_assert_num_queries: Any) -> None:
    keys = [f"K{number}" for number in range(more)]
    for key in keys:
        builders.item(run, key)
    plan(run, *keys, "B")
    with django_assert_num_queries(6):
        assert len(overdue(NOON + DAY)) == more + 1
    with django_assert_num_queries(1):
        assert overdue(NOON) == []


def findings() -> list[tuple[str, str, str]]:
    return list(Finding.objects.filter(closed_at=None).order_by("pk").values_list("subject", "kind", "severity"))


def test_a_recheck_opens_one_finding_an_item_and_closes_it_once_it_is_done(run: Run) -> None:
    plan(run, None, "A", owner="ada")
    for days in (0, 1, 2, 3):
        recompute_all(NOON + days * DAY)
    assert Finding.objects.count() == 2, "one an item and run, not one a day"
    assert findings() == [
        (f"setup (run {run.pk})", "overdue_run", "warning"),
        (f"A (run {run.pk})", "overdue_item", "warning"),
    ]
    finding = Finding.objects.get(kind="overdue_item")
    assert (finding.run, finding.item, finding.detail) == (run, item("A"), f"Was due {TODAY} (UTC), owner ada")
    assert not reported_findings().exists(), "an agent is not answered with them"
    builders.act(run, item("A"))
    recompute_all(NOON + 4 * DAY)
    assert [kind for _, kind, _ in findings()] == ["overdue_run"]
    Run.objects.update(closed_at=NOON)
    assert recompute_all(NOON + 5 * DAY) == 1
    assert findings() == []


def test_a_finding_is_closed_when_the_due_date_moves(run: Run) -> None:
    plan(run, "A")
    assert recompute_all(NOON + DAY) == 1
    by = User.objects.get(username="root")
    assign(run, [item("A").pk], PlanChange(due_on=TODAY + 9 * DAY), by, NOON + DAY)
    assert recompute_all(NOON + DAY) == 1
    assert findings() == []


def test_the_same_key_in_two_runs_is_two_findings(run: Run) -> None:
    other = Run.objects.create(
        version=run.version, checklist=run.version.checklist, environment=run.environment, subject="v2"
    )
    plan(run, "A")
    plan(other, "A")
    recompute_all(NOON + DAY)
    assert {subject for subject, _, _ in findings()} == {f"A (run {run.pk})", f"A (run {other.pk})"}
