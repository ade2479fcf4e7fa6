"""Cells of the scorecard: counted in the database as `progress.py` counts them, the newest run, reports, past days."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.checklists.models import Checklist, ItemDependency, Run, RunPlan, SignOff
from bootstrap.checklists.queries import progress_by_run
from bootstrap.prerequisites import prerequisites
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from tests.bootstrap import builders
from tests.bootstrap.builders import NOON
from tests.bootstrap.config_health.reports import NIGHT, deployment, report, variable
from tests.bootstrap.scorecard.makers import cells, item_of, run_of

pytestmark = pytest.mark.django_db
ACTS = [SignOff.Act.DONE, SignOff.Act.SIGNED, SignOff.Act.UNDONE, SignOff.Act.NOT_APPLICABLE, SignOff.Act.WAIVED]


@pytest.fixture
def run() -> Run:
    return run_of(builders.environment(), "Basic", "Basic", "Full")


def words() -> list[str]:
    return [cell.words for cell in cells()]


def test_signing_from_the_lowest_level_up_reaches_one_after_the_other(run: Run) -> None:
    assert words() == ["below Basic"]
    builders.act(run, item_of(run, "i3"))
    builders.act(run, item_of(run, "i1"))
    assert words() == ["below Basic"]
    builders.act(run, item_of(run, "i2"), SignOff.Act.WAIVED)
    assert words() == ["Full, with 1 waiver"]
    (cell,) = cells(NOON + timedelta(days=31))
    assert (cell.words, cell.counts.lapsed, cell.first_open) == ("below Basic", 1, "i2")


def test_a_signature_that_was_taken_back_or_waits_for_a_second_person_is_open(run: Run) -> None:
    for key, act in (("i1", SignOff.Act.DONE), ("i1", SignOff.Act.UNDONE), ("i2", SignOff.Act.SIGNED)):
        builders.act(run, item_of(run, key), act)
    (cell,) = cells()
    assert (cell.words, cell.counts.open, cell.first_open) == ("below Basic", 3, "i1")
    assert cell.url == f"/checklists/demo/prod/{run.pk}/#item-i1"


def test_an_item_without_a_level_is_needed_for_the_highest(run: Run) -> None:
    builders.item(run, "plain")
    for key in ("i1", "i2", "i3"):
        builders.act(run, item_of(run, key))
    (cell,) = cells()
    assert (cell.words, cell.reached and cell.reached.next, cell.first_open) == ("Basic", "Full", "plain")


def test_optional_items_hold_back_no_level_and_come_last(run: Run) -> None:
    builders.item(run, "extra", level="Basic", optional=True)
    for key in ("i1", "i2"):
        builders.act(run, item_of(run, key))
    (cell,) = cells()
    assert (cell.words, cell.counts.optional, cell.first_open) == ("Basic", 1, "i3")


def test_the_newest_run_counts_open_or_closed(run: Run) -> None:
    for key in ("i1", "i2", "i3"):
        builders.act(run, item_of(run, key))
    newer = run_of(
        run.environment, "Basic", "Full", subject="again", started_at=NOON - timedelta(days=1), closed_at=NOON
    )
    (cell,) = cells()
    assert (cell.run, cell.words, cell.number) == (newer.pk, "below Basic", 2)


def test_an_environment_without_a_run_has_a_cell_too(run: Run) -> None:
    builders.environment("staging")
    assert [(cell.environment.slug, cell.words, cell.is_short) for cell in cells()] == [
        ("prod", "below Basic", True),
        ("staging", "no run", True),
    ]
    assert [cell.is_below("full") for cell in cells()] == [True, True]
    assert [cell.is_below("Gold") for cell in cells()] == [False, False]


def test_a_past_day_is_told_as_it_was(run: Run) -> None:
    act = builders.act(run, item_of(run, "i1"), at=datetime(2026, 6, 1, 23, 59, tzinfo=UTC))
    builders.act(run, item_of(run, "i2"), SignOff.Act.WAIVED, at=NOON - timedelta(days=2), review_by=date(2026, 6, 11))
    assert [cells(day=day)[0].words for day in (date(2026, 4, 30), date(2026, 6, 1))] == ["no run", "below Basic"]
    assert cells(day=date(2026, 6, 1))[0].last_at == act.at
    assert cells(day=date(2026, 6, 11))[0].words == "Basic, with 1 waiver"
    assert cells()[0].words == "below Basic"
    assert cells(day=date(2026, 6, 11))[0].contradicted is None
    assert cells(day=date(2027, 1, 1))[0].contradicted == ()


def test_a_report_that_contradicts_a_signature_takes_the_level_away(run: Run) -> None:
    for key, fields in (("DSN", {"variable": "DSN"}), ("FLAG_A", {"flag": "FLAG_A"})):
        builders.act(run, builders.item(run, key, level="Full", **fields), at=NIGHT - timedelta(days=9))
    for key in ("i1", "i2", "i3"):
        builders.act(run, item_of(run, key))
    now = NIGHT + timedelta(hours=1)
    assert cells(now)[0].words == "Full"
    report(deployment(), variable("DSN", "unset"), variable("FLAG_A", "unset"))
    (cell,) = cells(now)
    assert [(each.key, each.rank) for each in cell.contradicted or ()] == [("DSN", 2), ("FLAG_A", 2)]
    assert (cell.words, cell.counts.open, cell.counts.contradicted, cell.tone) == ("Basic", 2, 2, "critical")
    assert cell.first_open == "DSN"
    states = prerequisites(run.environment, ["item:DSN", "item:FLAG_A"], now)
    assert [state.contradicted for state in states] == [True, True]
    assert cells(now + timedelta(days=3))[0].words == "Full"  # the report is stale: it proves nothing
    report(
        deployment(),
        variable("DSN"),
        variable("FLAG_A", accepted_index=FLAG_WORDS.index("1")),
        at=NIGHT + timedelta(minutes=30),
    )
    assert cells(now)[0].words == "Full"


def test_a_run_without_items_is_ready() -> None:
    run_of(builders.environment())
    assert words() == ["ready"]


@pytest.mark.parametrize("seed", range(12))
def test_the_database_counts_as_the_page_of_a_run_does(seed: int) -> None:
    draw = random.Random(seed)
    runs = [run_of(builders.environment(), slug=f"list-{number}") for number in range(3)]
    for run in runs:
        items = [
            builders.item(
                run,
                f"k{number}",
                section=f"s{draw.randrange(3)}",
                flag=f"FLAG_{number}" if draw.random() < 0.3 else None,
                optional=draw.random() < 0.2,
            )
            for number in range(8)
        ]
        for number in draw.sample(range(1, 8), 3):
            ItemDependency.objects.create(item=items[0], needs_item=items[number], kind=ItemDependency.Kind.ONE_OF)
        for _ in range(9):
            late = draw.random() < 0.5
            act = draw.choice(ACTS)
            review: dict[str, Any] = (
                {"review_by": (NOON + timedelta(days=-1 if late else 1)).date()} if act == "waived" else {}
            )
            builders.act(run, draw.choice(items), act, **review)
    expected = progress_by_run(runs, NOON)
    found = {cell.run: cell.counts for cell in cells()}
    for run in runs:
        counts, progress = found[run.pk], expected[run.pk]
        assert (counts.settled, counts.applicable) == (progress.settled, progress.applicable)
        assert (counts.not_applicable, counts.optional) == (progress.not_applicable, progress.optional)


def test_the_number_of_statements_does_not_grow(run: Run) -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            cells()
        return len(captured)

    report(deployment(), variable("DSN", "unset"))
    builders.act(run, builders.item(run, "DSN", variable="DSN"))
    few = statements()
    for number in range(4):
        run_of(builders.environment(f"env-{number}"), "Basic", slug=f"list-{number}")
    assert Checklist.objects.count() == 5
    assert statements() == few


def test_what_is_overdue_in_the_newest_run_is_counted_and_nothing_of_the_past(run: Run) -> None:
    other = run_of(builders.environment("staging"), "Basic")
    yesterday = {"due_on": (NOON - timedelta(days=1)).date(), "set_by_name": "ada", "set_at": NOON}
    for item in (None, item_of(run, "i1"), item_of(run, "i2")):
        RunPlan.objects.create(run=run, item=item, **yesterday)
    builders.act(run, item_of(run, "i2"))
    assert {cell.run: cell.overdue for cell in cells()} == {run.pk: 2, other.pk: 0}
    assert [cell.overdue for cell in cells(day=NOON.date() - timedelta(days=1))] == [0, 0]
    Run.objects.filter(pk=run.pk).update(closed_at=NOON)
    assert [cell.overdue for cell in cells()] == [0, 0]
