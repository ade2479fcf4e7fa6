"""What is overdue in checklists raises a medium alert of the shipped rule, for the owner of the item."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from bootstrap.checklists.models import Checklist, Item, Run
from bootstrap.checklists.plans.assign import PlanChange, assign
from bootstrap.config_health.findings.recheck import recompute_all
from bootstrap.config_health.models import Finding
from bootstrap.systems.models import App, Deployment, Environment
from detections.alerts.changes import configuration
from detections.alerts.changes.contract import ChangeQuestion
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.alerts.summary.sections import SECTIONS, SummaryDay
from detections.rules.evaluation import registry
from detections.rules.evaluation.evaluator import LiveQuestion
from detections.rules.evidence.config_finding import ConfigFindingEvidence
from detections.rules.models import Evaluation
from detections.telemetry.models import Project
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken, Owner, User
from opsconsole.admin_site.pages import page_of
from tests.bootstrap import builders
from tests.detections.rules import reports, world
from tests.detections.rules.world import MINUTE, NOON
from tests.people import make_viewer

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


def undeployed(run: Run) -> None:
    Deployment.objects.filter(environment=run.environment).delete()


def alerts_at(at: datetime) -> None:
    world.judge(at)
    consume(at)


def fired_evidence(run: Run) -> ConfigFindingEvidence:
    fired = alert(run)
    assert fired is not None
    record = registry.read_evidence(fired.evidence.data)  # type: ignore[union-attr]
    assert isinstance(record, ConfigFindingEvidence)
    return record


class TestWhereNothingIsDeployed:
    def test_it_fires_in_the_project_of_the_checklists_application_and_ends(self, run: Run) -> None:
        undeployed(run)
        assert recompute_all(NEXT_DAY) == 1
        assert recompute_all(NEXT_DAY) == 0
        alerts_at(NEXT_DAY + MINUTE)
        record = fired_evidence(run)
        assert (record.place, record.app, record.host, record.deployment) == ("demo/prod", "demo-api", "", None)
        assert (record.owner, record.where, record.agrees()) == ("dev", "demo/prod", True)
        assert "host" not in record.message_facts()
        shown = Alert.objects.select_related("evidence").get()
        assert (shown.where, shown.project_environment.path) == ("demo/prod", "demo-api/prod")
        builders.act(run, Item.objects.get())
        recompute_all(NEXT_DAY + 2 * MINUTE)
        alerts_at(NEXT_DAY + 4 * MINUTE)
        assert Evaluation.objects.latest("id").outcome == "clear"

    def test_a_deployment_made_later_takes_the_finding_and_the_alert_goes_on(self, run: Run) -> None:
        undeployed(run)
        recompute_all(NEXT_DAY)
        alerts_at(NEXT_DAY + MINUTE)
        builders.environment()
        assert recompute_all(NEXT_DAY + 2 * MINUTE) == 2
        finding = Finding.objects.get(closed_at=None)
        assert finding.where == "demo-api-prod"
        alerts_at(NEXT_DAY + 4 * MINUTE)
        assert Alert.objects.get().status == Alert.Status.FIRING

    def test_a_checklist_without_application_stands_at_the_systems_first(self, run: Run) -> None:
        undeployed(run)
        Checklist.objects.update(app=None)
        App.objects.create(system=run.environment.system, slug="web", name="Web")
        recompute_all(NEXT_DAY)
        alerts_at(NEXT_DAY + MINUTE)
        assert Alert.objects.get().project_environment.path == "demo-api/prod"

    def test_a_system_without_applications_gets_one_project_for_all_its_environments(self, run: Run) -> None:
        undeployed(run)
        Checklist.objects.update(app=None)
        App.objects.all().delete()
        staging = Environment.objects.create(system=run.environment.system, slug="staging", name="Staging")
        other = Run.objects.create(version=run.version, checklist=run.checklist, environment=staging)
        plan = PlanChange(Owner.objects.get(), NOON.date())
        assign(other, [Item.objects.get().pk], plan, User.objects.get(), NOON)
        for minute in (1, 2):
            recompute_all(NEXT_DAY)
            alerts_at(NEXT_DAY + minute * MINUTE)
        assert sorted(each.project_environment.path for each in Alert.objects.all()) == ["demo/prod", "demo/staging"]
        assert Project.objects.count() == 1

    def test_that_of_a_whole_checklist_leads_to_the_checklist(self, run: Run, client: Client) -> None:
        client.force_login(make_viewer())
        undeployed(run)
        assign(run, [None], PlanChange(None, NOON.date()), User.objects.get(username="root"), NOON)
        recompute_all(NEXT_DAY)
        page = client.get(reverse("environment", args=["demo", "prod"])).content.decode()
        assert f'<a href="{run.get_absolute_url()}">Its checklist</a>' in page

    def test_its_places_say_so(self, run: Run, client: Client) -> None:
        client.force_login(make_viewer())
        undeployed(run)
        recompute_all(NEXT_DAY)
        alerts_at(NEXT_DAY + MINUTE)
        page = client.get(reverse("environment", args=["demo", "prod"])).content.decode()
        assert "1 finding open in its checklists." in " ".join(page.split())
        assert f'<a href="{run.get_absolute_url()}#item-A">Its item</a>' in page
        _, token = tokens.create(User.objects.get(username="root"), "bot", ApiToken.Scope.READ)
        reader = {"Authorization": f"Bearer {token}"}
        [prod] = client.get("/api/v1/environments/", headers=reader).json()["items"]
        assert (prod["open_findings"]["warning"], prod["findings"][0]["app"]) == (1, "")
        alert_page = client.get(reverse("alert", args=[Alert.objects.get().pk]))
        assert "It is still overdue." in alert_page.content.decode()
        finding = Finding.objects.get()
        assert page_of(finding) == reverse("environment", args=["demo", "prod"])
        found = configuration.read(ChangeQuestion([], [run.environment], [], NOON, NEXT_DAY, 9))
        assert [(each.where, each.url) for each in found] == [("demo/prod", page_of(finding))]
