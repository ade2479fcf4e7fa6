"""What is overdue in checklists raises a medium alert of the shipped rule, for the owner of the item."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bootstrap.checklists.models import Item, Run
from bootstrap.checklists.plans.assign import PlanChange, assign
from bootstrap.config_health.findings.recheck import recompute_all
from detections.alerts.summary.sections import SECTIONS, SummaryDay
from detections.rules.evaluation import registry
from detections.rules.evaluation.evaluator import LiveQuestion
from detections.rules.evidence.config_finding import ConfigFindingEvidence
from detections.rules.models import Evaluation
from opsconsole.accounts.models import Owner, User
from tests.bootstrap import builders
from tests.detections.rules import reports, world
from tests.detections.rules.world import MINUTE, NOON

pytestmark = pytest.mark.django_db
NEXT_DAY = NOON + timedelta(days=1)


@pytest.fixture
def run() -> Run:
    run = builders.run(builders.environment())
    builders.item(run, "A")
    reports.rule()
    by = User.objects.create_superuser("root")
    item = Item.objects.get()
    assign(run, [item.pk], PlanChange(Owner.objects.create(name="dev"), NOON.date()), by, NOON)
    return run


def alert(run: Run) -> Evaluation | None:
    return Evaluation.objects.filter(scope__group_key=f"A (run {run.pk})").order_by("-id").first()


def test_it_fires_medium_for_the_owner_and_ends_once_the_item_is_signed(run: Run) -> None:
    recompute_all(NOON)
    world.judge(NOON + MINUTE)
    assert alert(run) is None
    recompute_all(NEXT_DAY)
    world.judge(NEXT_DAY + MINUTE)
    fired = alert(run)
    assert fired is not None
    assert (fired.severity, fired.scope.rule.identifier) == (1, "DET-CONFIG-002")
    record = registry.read_evidence(fired.evidence.data)  # type: ignore[union-attr]
    assert isinstance(record, ConfigFindingEvidence)
    assert (record.owner, record.variable, record.agrees()) == ("dev", "", True)
    assert record.sentence() == f"A (run {run.pk}) is overdue in demo/prod: Was due {NOON.date()} (UTC), owner dev"
    assert record.headline() == f"A (run {run.pk}) is overdue in demo/prod"
    assert record.findings[0].url == f"{run.get_absolute_url()}#item-A"
    builders.act(run, Item.objects.get())
    recompute_all(NEXT_DAY + 2 * MINUTE)
    world.judge(NEXT_DAY + 4 * MINUTE)
    assert Evaluation.objects.latest("id").outcome == "clear"


def test_the_page_of_the_alert_says_whether_it_still_is(run: Run) -> None:
    recompute_all(NEXT_DAY)
    world.judge(NEXT_DAY + MINUTE)
    fired = alert(run)
    assert fired is not None
    record = registry.read_evidence(fired.evidence.data)  # type: ignore[union-attr]
    evaluator = registry.evaluator_behind(record, None)
    question = LiveQuestion(fired.scope, None, record, True, NEXT_DAY)
    live = evaluator.live(question)
    assert live.sentence == f"It is still overdue. Was due {NOON.date()} (UTC), owner dev."
    assert live.links == (("Its place in the checklist", f"{run.get_absolute_url()}#item-A"),)
    Run.objects.update(closed_at=NEXT_DAY)
    recompute_all(NEXT_DAY + MINUTE)
    assert evaluator.live(question).sentence.startswith("It is no longer overdue")


def test_a_rule_that_names_no_kind_reads_reports_only(run: Run) -> None:
    recompute_all(NEXT_DAY)
    world.judge(NEXT_DAY + MINUTE)
    assert {each.scope.rule.identifier for each in Evaluation.objects.all()} == {"DET-CONFIG-002"}


def test_the_daily_summary_lists_what_is_overdue_apart_from_configuration(run: Run) -> None:
    recompute_all(NEXT_DAY)
    day = SummaryDay(None, NEXT_DAY, None)  # type: ignore[arg-type]  # the sections asked for need the time alone
    overdue = next(part for part in SECTIONS if part.__name__ == "_overdue")
    (section,) = overdue(day)
    assert (section["total"], section["title"]) == (1, "1 checklist item overdue")
    assert section["items"][0]["text"] == f"A of setup in demo/prod (dev, due {NOON.date()})"
