"""When the run of a period opens, findings go on standing on what people decided in the last one, until it expires."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from bootstrap.checklists.models import ChecklistVersion, Item, Run, RunSchedule, Section, SignOff
from bootstrap.checklists.schedules.acts import start_now
from bootstrap.checklists.schedules.carried_acts import carried_acts
from bootstrap.checklists.schedules.open_due import open_due_runs
from bootstrap.checklists.variable_items import VariableItem, items_about
from bootstrap.config_health.findings.checklist_demands import checklist_demands
from bootstrap.config_health.findings.recompute import recompute
from bootstrap.config_health.models import Finding
from bootstrap.systems.models import ConfigVar
from opsconsole.accounts.models import User
from tests.bootstrap import builders
from tests.bootstrap.checklists.schedules.makers import Q2, Q3, QUARTER, make_schedule
from tests.bootstrap.config_health.reports import deployment, printed, report, variable

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
SIGNED = datetime(2026, 5, 1, 12, tzinfo=UTC)
EXPIRES = SIGNED + QUARTER * DAY  # 2026-08-02
Act = SignOff.Act


@pytest.fixture
def schedule() -> RunSchedule:
    """Its run of 2026-Q2 is open, with an item about API_KEY."""
    deployment()
    schedule = make_schedule()
    open_due_runs(Q2)
    builders.item(schedule.runs.get(), "KEYS", variable="API_KEY")
    return schedule


def newest(schedule: RunSchedule) -> Run:
    return schedule.runs.latest("period")


def decide(schedule: RunSchedule, what: Act, at: datetime = SIGNED, key: str = "KEYS") -> SignOff:
    run = newest(schedule)
    fields: dict[str, Any] = {"review_by": date(2026, 7, 20)} if what == Act.WAIVED else {}
    return builders.act(run, Item.objects.get(key=key, section__version=run.version), what, at=at, **fields)


def about(schedule: RunSchedule, now: datetime) -> VariableItem:
    (found,) = items_about([schedule.environment_id], ["API_KEY"], now).values()
    return found


def open_findings(schedule: RunSchedule) -> list[tuple[str, str]]:
    return sorted(Finding.objects.filter(closed_at=None).values_list("kind", "severity"))


def test_a_missing_variable_is_as_bad_in_the_new_period_as_before(schedule: RunSchedule) -> None:
    ConfigVar.objects.update(required_when="always")
    decide(schedule, Act.DONE)
    report(deployment(), variable("API_KEY", "unset"), at=Q3 - DAY / 4)
    assert open_findings(schedule) == [("missing", "critical")]
    before = Finding.objects.get(closed_at=None)
    open_due_runs(Q3)
    assert recompute(schedule.environment, Q3 + DAY / 2) == 0
    before.refresh_from_db()
    assert before.closed_at is None


def test_a_value_that_changed_since_the_signature_stays_told_in_the_new_period(schedule: RunSchedule) -> None:
    place = deployment()
    report(place, printed(place, "API_KEY", "a"), at=SIGNED - DAY)
    decide(schedule, Act.DONE)
    report(place, printed(place, "API_KEY", "b"), at=Q3 - DAY / 4)
    told = open_findings(schedule)
    assert ("changed_since_sign_off", "warning") in told
    open_due_runs(Q3)
    assert recompute(schedule.environment, Q3 + DAY / 2) == 0
    assert open_findings(schedule) == told


@pytest.mark.parametrize(
    ("before", "current", "counts"),
    [
        (Act.DONE, None, Act.DONE),
        (Act.DONE, Act.SIGNED, Act.DONE),  # the first of two takes nothing back
        (Act.DONE, Act.UNDONE, Act.UNDONE),
        (Act.NOT_APPLICABLE, None, Act.NOT_APPLICABLE),
        (Act.WAIVED, None, Act.WAIVED),
        (Act.WAIVED, Act.DONE, Act.DONE),
        (Act.UNDONE, None, None),
        (Act.SIGNED, None, None),
    ],
)
def test_what_counts_is_the_last_decision(
    schedule: RunSchedule, before: Act, current: Act | None, counts: Act | None
) -> None:
    decide(schedule, before)
    open_due_runs(Q3)
    if current:
        decide(schedule, current, Q3 + DAY)
    act = about(schedule, Q3 + DAY).act
    assert (act and act.act) == counts


def test_an_item_that_did_not_apply_is_not_in_use_in_the_new_period(schedule: RunSchedule) -> None:
    decide(schedule, Act.NOT_APPLICABLE)
    open_due_runs(Q3)
    assert not checklist_demands(schedule.environment, Q3 + DAY).in_use
    assert checklist_demands(schedule.environment, EXPIRES).in_use


def test_a_signature_counts_until_it_expires(schedule: RunSchedule) -> None:
    decide(schedule, Act.DONE)
    open_due_runs(Q3)
    environment = schedule.environment
    assert list(checklist_demands(environment, EXPIRES - timedelta(seconds=1)).signed_at.values()) == [SIGNED]
    assert not checklist_demands(environment, EXPIRES).signed_at
    assert about(schedule, EXPIRES).act is None


def severity_of_the_missing(schedule: RunSchedule, now: datetime) -> tuple[str, str]:
    """Of the finding, and of the answer to the agent's next report, which reads the finding."""
    ConfigVar.objects.update(required_when="always")
    [answered] = report(deployment(), variable("API_KEY", "unset"), at=now).findings
    finding = Finding.objects.get(closed_at=None, kind="missing")
    assert answered.pk == finding.pk
    return str(finding.severity), str(finding.eased_from)


LONG_AFTER = EXPIRES + 900 * DAY


@pytest.mark.parametrize("what", [Act.DONE, Act.NOT_APPLICABLE, Act.WAIVED])
@pytest.mark.parametrize("now", [EXPIRES + DAY, LONG_AFTER])
def test_an_expired_decision_eases_nothing_however_long_ago_it_was(
    schedule: RunSchedule, what: Act, now: datetime
) -> None:
    decide(schedule, what)
    open_due_runs(Q3)
    assert severity_of_the_missing(schedule, now) == ("critical", "")
    decide(schedule, Act.SIGNED, now)
    assert recompute(schedule.environment, now) == 0, "the first of two signatures renews nothing"


def test_it_makes_no_difference_that_the_item_has_other_words_now(schedule: RunSchedule) -> None:
    decide(schedule, Act.DONE)
    reworded(schedule)
    open_due_runs(Q3)
    assert severity_of_the_missing(schedule, EXPIRES + DAY) == ("critical", "")


@pytest.mark.parametrize("before", [[], [Act.SIGNED], [Act.DONE, Act.UNDONE]])
def test_what_nobody_ever_decided_is_eased_as_not_signed_yet(schedule: RunSchedule, before: list[Act]) -> None:
    for act in before:
        decide(schedule, act)
    open_due_runs(Q3)
    assert severity_of_the_missing(schedule, EXPIRES + DAY) == ("warning", "critical")


def test_who_takes_a_decision_back_in_the_new_period_opens_it_anew(schedule: RunSchedule) -> None:
    decide(schedule, Act.DONE)
    open_due_runs(Q3)
    decide(schedule, Act.UNDONE, Q3 + DAY)
    assert severity_of_the_missing(schedule, EXPIRES + DAY) == ("warning", "critical")


def reworded(schedule: RunSchedule) -> Item:
    """The item under the same key in a new version, of which the newest run is."""
    old = Item.objects.get(key="KEYS")
    newer = ChecklistVersion.objects.create(checklist=schedule.checklist, number=2, content_hash="1" * 64)
    section = Section.objects.create(version=newer, slug="core", order=1, title="Core")
    item = Item.objects.create(section=section, order=1, key="KEYS", text="Rotate the keys twice", kind=old.kind)
    item.variables.set(old.variables.all())
    return item


def test_other_words_stand_on_nothing(schedule: RunSchedule) -> None:
    decide(schedule, Act.DONE)
    reworded(schedule)
    open_due_runs(Q3)
    assert about(schedule, Q3 + DAY).act is None


def test_a_run_started_early_stands_on_the_one_that_is_open_beside_it(schedule: RunSchedule) -> None:
    decide(schedule, Act.DONE)
    early = start_now(schedule.pk, User.objects.create_superuser("boss", password="pass"), SIGNED + DAY)
    found = carried_acts({early.pk: schedule.pk}, SIGNED + DAY)
    assert [act.at for act in found.values()] == [SIGNED]


def test_it_costs_three_statements_and_none_without_a_schedule(
    schedule: RunSchedule, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        builders.item(newest(schedule), f"MORE_{number}", variable=f"MORE_{number}")
    open_due_runs(Q3)
    current = newest(schedule)
    with django_assert_num_queries(3):
        carried_acts({current.pk: schedule.pk}, Q3)
    with django_assert_num_queries(0):
        assert carried_acts({}, Q3) == {}
