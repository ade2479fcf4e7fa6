"""Rules over configuration findings: one scope a variable, open while the finding is, told as the checklist does."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from bootstrap.systems.models import ConfigVar
from detections.rules.evaluation import on_arrival, registry, scheduler
from detections.rules.models import Evaluation, Evidence, Rule, Scope, Verdict
from detections.telemetry.models import Project, ProjectEnvironment
from tests.bootstrap import builders as checklists
from tests.bootstrap.postures import builders as postures
from tests.detections import builders
from tests.detections.rules import reports, world
from tests.detections.rules.reports import DSN
from tests.detections.rules.world import HOUR, MINUTE, NOON

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
SLOT = NOON + 6 * MINUTE


def test_an_application_that_never_sent_an_event_gets_its_place():
    at = reports.deployment()
    reports.rule()
    reports.opened(at, SLOT - 30 * SECOND)
    world.judge(SLOT)
    place = ProjectEnvironment.objects.get()
    assert (place.project.slug, place.project.app, place.name) == ("raxx-api", at.app, "prod")
    assert (place.environment, place.first_event_at, place.last_event_at) == (at.environment, None, None)
    scope = Scope.objects.get()
    assert (scope.project_environment, scope.group_key) == (place, DSN)
    assert world.told() == [(SLOT, "firing", 3)]
    assert (world.newest().source, world.newest().count) == ("config", None)


def test_the_place_that_sends_events_is_the_one_that_is_reported_on():
    project = builders.project()
    row = world.environment(project)
    at = reports.deployment(app=project.app.slug)
    reports.rule()
    reports.opened(at, NOON)
    world.judge(SLOT)
    assert Scope.objects.get().project_environment == row
    assert Project.objects.count() == 1


def test_a_project_that_was_taken_out_of_service_is_not_judged():
    at = reports.deployment()
    Project.objects.create(slug="raxx-api", name="API", app=at.app, enabled=False)
    reports.rule()
    reports.opened(at, NOON)
    assert world.judge(SLOT) == 0


def test_a_slug_that_is_taken_by_another_application_is_not_shared():
    Project.objects.create(slug="raxx-api", name="Somebody else's")
    at = reports.deployment()
    reports.rule()
    reports.opened(at, NOON)
    world.judge(SLOT)
    assert Scope.objects.get().project_environment.project.slug == "raptor-raxx-api"


@pytest.mark.parametrize(("severity", "fires"), [("critical", 3), ("warning", 1), ("info", None)])
def test_severities(severity, fires):
    reports.rule()
    reports.opened(reports.deployment(), NOON, severity=severity)
    world.judge(SLOT)
    assert list(Evaluation.objects.values_list("severity", flat=True)) == ([fires] if fires else [])


def test_several_kinds_on_one_variable_are_one_alert_that_names_all():
    at = reports.deployment()
    reports.rule()
    reports.opened(at, NOON, kind="changed_since_sign_off", severity="warning")
    reports.opened(at, NOON, kind="must_equal_broken")
    reports.opened(at, NOON, subject="REDIS_URL", severity="warning")
    reports.opened(at, NOON, subject="", kind="stale")
    world.judge(SLOT)
    fired = {e.scope.group_key: e for e in Evaluation.objects.select_related("scope", "evidence")}
    assert {key: e.severity for key, e in fired.items()} == {DSN: 3, "REDIS_URL": 1, "config report": 3}
    said = fired[DSN].evidence.sentence
    assert said.startswith(
        f"{DSN} changed since it was signed off and differs from what it must equal in raxx-api-prod"
    )


def test_what_eased_a_finding_is_a_reason_of_the_alert():
    """The finding itself has the severity that counts; test_easing has what eases it."""
    reports.rule()
    why = "Unset; always required (warning instead of critical: its item is not signed off yet)"
    reports.opened(reports.deployment(), NOON, severity="warning", eased_from="critical", detail=why)
    world.judge(SLOT)
    record = registry.read_evidence(world.newest().evidence.data)
    assert (record.severity, record.reasons) == (1, ["missing, warning instead of critical, is medium here"])
    assert record.findings[0].detail == why
    assert record.agrees()


def test_an_accepted_posture_is_a_decision_like_a_signature():
    posture = postures.in_force()
    at, name = posture.deployment, posture.variable.name
    checklists.item(checklists.run(at.environment), name, variable=name)
    reports.rule()
    reports.opened(at, NOON, subject=name, detail="Unset; the posture that accepted it has lapsed")
    world.judge(SLOT)
    assert world.newest().severity == 3


def test_the_sentence_tells_the_report_and_the_checklist():
    env = checklists.environment("prod", "raptor")
    run = checklists.run(env)
    item = checklists.item(run, DSN, variable=DSN)
    checklists.act(run, item, by="admin")
    at = env.deployments.get()
    reports.rule()
    newest = reports.report(at, NOON + 5 * SECOND)
    reports.opened(at, NOON, by=newest)
    world.judge(SLOT)
    found = world.newest().evidence
    assert found.sentence == (
        f"{DSN} is unset in raptor-api-prod since 12:00 UTC (report of 12:00 UTC, release v12); "
        "the checklist says signed by admin, 2026-06-12 12:00 UTC"
    )
    record = registry.read_evidence(found.data)
    assert record.agrees()
    assert (record.report.report, record.signed.item, record.where) == (newest.pk, DSN, "raptor/prod · raptor-api-prod")
    assert (record.cause, record.owner) == (f"{DSN} is unset", "sre-agent")


def test_a_variable_of_the_same_name_in_another_application_is_not_this_one():
    env = checklists.environment("prod", "raptor")
    run = checklists.run(env)
    checklists.act(run, checklists.item(run, DSN, variable=DSN))
    other = reports.deployment(app="raxx-console")
    ConfigVar.objects.create(app=other.app, name=DSN)
    reports.rule()
    reports.opened(other, NOON)
    world.judge(SLOT)
    assert "checklist" not in world.newest().evidence.sentence


def test_a_finding_that_stands_is_judged_each_minute_on_one_row_of_evidence():
    reports.rule()
    reports.opened(reports.deployment(), NOON)
    for minute in range(4):
        world.judge(SLOT + minute * MINUTE)
    assert (Evaluation.objects.count(), Verdict.objects.count(), Evidence.objects.count()) == (4, 4, 1)
    assert world.newest().evidence == Evidence.objects.get()


def test_a_change_is_a_new_row_of_evidence():
    at = reports.deployment()
    reports.rule()
    first = reports.opened(at, NOON, severity="warning")
    world.judge(SLOT)
    reports.closed(first, SLOT + 10 * SECOND)
    reports.opened(at, SLOT + 10 * SECOND)
    world.judge(SLOT + MINUTE)
    world.judge(SLOT + 2 * MINUTE)
    assert [severity for _, _, severity in world.told()] == [1, 3, 3]
    # While it changed both stood; afterwards only the new one.
    assert [len(row.data["findings"]) for row in Evidence.objects.order_by("id")] == [1, 2, 1]


def test_clear_once_it_is_closed():
    reports.rule()
    finding = reports.opened(reports.deployment(), NOON)
    world.judge(SLOT)
    reports.closed(finding, SLOT + 20 * SECOND)
    for minute in (1, 2, 3):
        world.judge(SLOT + minute * MINUTE)
    assert [outcome for _, outcome, _ in world.told()] == ["firing", "firing", "clear", "clear"]


def test_after_an_outage_minutes_are_judged_as_they_were():
    at = reports.deployment()
    reports.rule()
    scheduler.make_due(NOON)
    finding = reports.opened(at, NOON + 2 * MINUTE + 5 * SECOND)
    reports.closed(finding, NOON + 4 * MINUTE + 5 * SECOND)
    now = NOON + 10 * MINUTE + 10 * SECOND
    scheduler.make_due(now)
    scheduler.catch_up(now)
    told = {(slot - NOON) // MINUTE: outcome for slot, outcome, _ in world.told()}
    assert [minute for minute, outcome in told.items() if outcome == "firing"] == [3, 4, 5]
    assert {outcome for minute, outcome in told.items() if minute > 5} == {"clear"}


def test_a_report_is_judged_when_it_comes_and_the_minute_agrees():
    at = reports.deployment()
    reports.rule()
    came = NOON + 12 * SECOND
    finding = reports.opened(at, came, by=reports.report(at, came))
    assert on_arrival.judge_reports(came + SECOND) == 1
    assert world.told() == [(NOON + MINUTE, "firing", 3)]
    assert on_arrival.judge_reports(came + 2 * SECOND) == 0
    reports.closed(finding, came + 20 * SECOND)
    world.judge(NOON + MINUTE)
    assert world.told() == [(NOON + MINUTE, "firing", 3)]


def test_without_a_new_report_nothing_is_looked_at(django_assert_num_queries):
    at = reports.deployment()
    reports.rule()
    reports.opened(at, NOON, by=reports.report(at, NOON))
    with django_assert_num_queries(3):  # a savepoint, its end, the question
        assert on_arrival.judge_reports(NOON + HOUR) == 0


def test_events_do_not_judge_reports_nor_reports_events():
    project = builders.project()
    world.environment(project, since=NOON - HOUR)
    world.covered(NOON - HOUR, NOON + HOUR)
    at = reports.deployment(app=project.app.slug)
    reports.rule()
    reports.opened(at, NOON)
    world.arrive(project, world.events(3, SLOT, **world.plain()), SLOT - SECOND)
    world.judge(SLOT, mode="rise", trigger="events")
    assert {e.source for e in Evaluation.objects.all()} == {"sentry"}
    Evaluation.objects.all().delete()
    world.judge(SLOT, mode="rise", trigger="reports")
    assert {e.source for e in Evaluation.objects.all()} == {"config"}


def test_a_rule_may_choose_kinds_variables_and_places():
    at, staging = reports.deployment(), reports.deployment("staging")
    for place in (at, staging):
        reports.opened(place, NOON)
        reports.opened(place, NOON, kind="changed_since_sign_off")
        reports.opened(place, NOON, subject="REDIS_URL")
    world.rule(
        group_by="variable",
        selector={"sources": [{"source": "config"}], "environment": "prod"},
        conditions=[{"kind": "config_finding", "kinds": ["missing"], "variables": ["SENTRY_*"]}],
    )
    world.judge(SLOT)
    found = Evaluation.objects.select_related("scope__project_environment", "evidence").get()
    assert (found.scope.project_environment.name, found.scope.group_key) == ("prod", DSN)
    assert [f["kind"] for f in found.evidence.data["findings"]] == ["missing"]


def test_a_rule_that_waits_for_a_checklist_is_judged_in_shadow_and_arms():
    env = checklists.environment("prod", "raptor")
    run = checklists.run(env)
    item = checklists.item(run, "AGENT_INSTALLED")
    world.rule(
        group_by="variable",
        selector={"sources": [{"source": "config", "prerequisites": ["item:AGENT_INSTALLED"]}]},
        conditions=[{"kind": "config_finding"}],
    )
    reports.opened(env.deployments.get(), NOON)
    world.judge(SLOT)
    assert (world.newest().shadow, world.told()) == (True, [])
    checklists.act(run, item)
    assert on_arrival.judge_newly_armed(SLOT + 5 * SECOND) == 1
    assert [outcome for _, outcome, _ in world.told()] == ["firing"]


def test_the_number_of_queries_does_not_grow_with_findings():
    reports.rule()
    counted = []
    for number in (1, 12):
        for i in range(number):
            at = reports.deployment(app=f"app-{number}-{i}")
            reports.report(at, NOON)
            reports.opened(at, NOON)
            reports.opened(at, NOON, subject="REDIS_URL", severity="warning")
        world.judge(SLOT + number * MINUTE)  # projects and places are made once
        with CaptureQueriesContext(connection) as queries:
            world.judge(SLOT + (number + 1) * MINUTE)
        counted.append(len(queries))
    # Three of them ask whether other rules could be judged, three are of the rules that watch the console, and three of
    # those that watch the probes.
    assert counted[0] == counted[1] == 30


def test_a_host_name_of_any_characters_is_told():
    at = reports.deployment()
    at.host_name = "<b>raxx</b> · 面"
    at.save()
    reports.rule()
    reports.opened(at, NOON)
    world.judge(SLOT)
    assert "<b>raxx</b> · 面" in world.newest().evidence.sentence


@pytest.mark.django_db(transaction=True)
def test_two_judges_at_once_make_one_scope_and_one_verdict():
    at = reports.deployment()
    reports.rule()
    reports.opened(at, NOON, by=reports.report(at, NOON))
    failures = []

    def judge():
        try:
            on_arrival.judge_reports(NOON + 2 * SECOND)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=judge) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert (Project.objects.count(), Scope.objects.count(), Verdict.objects.count()) == (1, 1, 1)
    Rule.objects.update(current=None)


def test_a_variable_that_cannot_be_judged_is_an_error_of_its_own():
    """Evidence that is no record at all, as a hand in the database leaves it, cannot be compared with."""
    rule, at = reports.rule(), reports.deployment()
    reports.opened(at, NOON)
    world.judge(SLOT)
    scope = Scope.objects.get()
    Evidence.objects.create(scope=scope, version=rule.current, slot_end=SLOT, data=[], sentence="", created_at=SLOT)
    reports.opened(at, NOON, subject="REDIS_URL")
    for minutes in (1, 2, 3):
        world.judge(SLOT + minutes * MINUTE)
    assert set(Evaluation.objects.filter(scope=scope, slot_end__gt=SLOT).values_list("outcome", flat=True)) == {"error"}
    assert world.newest(Scope.objects.get(group_key="REDIS_URL")).outcome == "firing"
    watched = Scope.objects.get(rule__identifier="DET-CONSOLE-001")
    assert (watched.group_key, world.newest(watched).severity) == ("DET-CONFIG-001", 2)
