"""What holds for the whole API: the other rooms' lists, problems for every error, the OpenAPI snapshot."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.systems.models import Environment
from detections.alerts.handling.apply_verdicts import consume
from detections.ingest.models import Inbox
from detections.rules.models import Slot
from detections.telemetry.count_models import MinuteCount
from detections.telemetry.issues.models import IssueEnvironment, IssueRelease
from detections.telemetry.models import Issue, Project, ProjectEnvironment, Series
from opsconsole.lib import clock
from tests.bootstrap import builders as checklists
from tests.detections import builders
from tests.detections.alerts.factories import START, judge, make_rule, make_scope
from tests.detections.rules import world

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def items(client: Client, address: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/v1/{address}")
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"items", "next"}
    return list(body["items"])


def test_rules(reader: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    scope = make_scope(make_rule("DET-B"))
    make_rule("DET-A", category="ops")
    judge(scope, "c", 0)
    consume(START)
    with django_assert_num_queries(5):  # token, its use, rules, rules in force, environments
        found = items(reader, "rules/")
    assert [(rule["rule"], rule["mode"], rule["version"], rule["firing"]) for rule in found] == [
        ("DET-A", "active", 1, 0),
        ("DET-B", "active", 1, 1),
    ]
    assert [rule["rule"] for rule in items(reader, "rules/?category=ops")] == ["DET-A"]
    assert items(reader, "rules/?mode=retired") == []


def test_a_dormant_rule_says_what_it_waits_for(reader: Client) -> None:
    project = builders.project()
    run = checklists.run(Environment.objects.get(system__slug="raptor"))
    signed = [
        checklists.item(run, "FLAG_SENTRY_BACKEND", flag="sentry_backend"),
        checklists.item(run, "SENTRY_DSN_BACKEND", variable="SENTRY_DSN_BACKEND"),
    ]
    world.beta()
    (rule,) = items(reader, "rules/?category=beta")
    (place,) = rule["environments"]
    assert (rule["state"], place["environment"], place["state"]) == ("dormant", "raptor/prod", "dormant")
    assert place["waits_for"] == ["Variable SENTRY_DSN_BACKEND set", "Flag sentry_backend on"]
    for item in signed:
        checklists.act(run, item)
    (rule,) = items(reader, "rules/?category=beta")
    assert (rule["state"], rule["environments"][0]["stands_on"]) == ("active", "sentry")
    assert project.slug == "raptor"


def make_series(route: str, counts: dict[int, int]) -> Series:
    """A route with so many errors so many minutes ago."""
    environment = make_scope(make_rule(f"DET{route}"), route).project_environment
    series = Series.objects.create(
        project=environment.project,
        project_environment=environment,
        source=Series.Source.SENTRY,
        kind=Series.Kind.ERROR,
        method="GET",
        route=route,
        first_seen=START,
        last_seen=START,
    )
    now = clock.floor_minute(clock.now())
    for ago, errors in counts.items():
        minute = now - timedelta(minutes=ago)
        MinuteCount.objects.create(project=series.project, series=series, minute=minute, n=errors)
    return series


@pytest.mark.usefixtures("minute_partitions")
def test_routes_with_their_counts(reader: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_series("/busy", {0: 2, 30: 3, 58: 4, 70: 5, 1300: 6, 1500: 100})
    make_series("/quiet", {})
    with django_assert_num_queries(4):  # token, its use, routes, counts
        found = items(reader, "routes/")
    assert [(r["route"], r["method"], r["source"], r["last_hour"], r["last_24h"]) for r in found] == [
        ("/busy", "GET", "sentry", 9, 20),
        ("/quiet", "GET", "sentry", 0, 0),
    ]
    assert {(r["project"], r["environment"]) for r in found} == {("raptor", "prod")}
    assert items(reader, "routes/?project=other") == []
    assert len(items(reader, "routes/?environment=prod&source=sentry")) == 2


def test_issues(reader: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    project = Project.objects.create(slug="raptor", name="Raptor")
    for number in range(3):
        Issue.objects.create(
            project=project, title=f"Error {number}", level="error", first_seen=START, last_seen=START, events=number
        )
    with django_assert_num_queries(3):
        found = items(reader, "issues/")
    assert [issue["title"] for issue in found] == ["Error 2", "Error 1", "Error 0"]
    assert set(found[0]) >= {"id", "title", "project", "events", "users", "first_seen", "last_seen"}
    assert found[0]["project"] == "raptor"
    assert items(reader, "issues/?status=resolved") == []


def test_figures_of_issues_are_those_of_the_environment_and_release_that_are_searched(reader: Client) -> None:
    project = Project.objects.create(slug="raptor", name="Raptor")
    here = ProjectEnvironment.objects.create(project=project, name="prod")
    issue = Issue.objects.create(
        project=project, title="E", level="error", first_seen=START, last_seen=START, events=9, users=7
    )
    seen = {"issue": issue, "project_environment": here, "first_seen": START, "last_seen": START}
    IssueEnvironment.objects.create(events=5, users=3, **seen)
    IssueRelease.objects.create(release="2", events=4, **seen)
    figures = [
        (found["events"], found["users"])
        for query in ("", "environment:prod", "release:2", "environment:[prod, qa]", "environment:prod OR level:error")
        for found in items(reader, f"issues/?q={query}")
    ]
    assert figures == [(9, 7), (5, 3), (4, 0), (5, 0), (9, 7)]


def test_status_tells_how_far_behind_the_console_is(reader: Client) -> None:
    body = reader.get("/api/v1/status/").json()
    assert (body["status"], body["inbox_depth"], body["oldest_undigested_age"], body["slot_lag"]) == ("ok", 0, 0, 0)
    fall_behind()
    body = reader.get("/api/v1/status/").json()
    assert (body["status"], body["inbox_depth"]) == ("behind", 1)
    assert 120 <= body["oldest_undigested_age"] < 180
    assert 470 <= body["slot_lag"] < 610
    assert len(body["reasons"]) == 2


def fall_behind() -> None:
    now = clock.now()
    project = Project.objects.create(slug="raptor", name="Raptor")
    Inbox.objects.create(
        project=project,
        format="envelope",
        received_at=now - timedelta(minutes=2),
        event_id="0" * 32,
        body=b"x",
    )
    Slot.objects.create(slot_end=clock.floor_minute(now) - timedelta(minutes=9), status=Slot.Status.DUE)


def test_readyz_stays_well_while_work_is_late_and_says_so(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    fall_behind()
    answer = client.get("/readyz")
    body = answer.json()
    assert (answer.status_code, body["status"], body["postgresql"], body["redis"]) == (200, "ok", "ok", "ok")
    assert any("digest" in reason for reason in body["reasons"])
    assert any("rules are" in reason for reason in body["reasons"])


def test_slots_that_were_judged_in_time_are_no_lag(reader: Client) -> None:
    now = clock.floor_minute(clock.now())
    Slot.objects.create(slot_end=now - timedelta(minutes=30), status=Slot.Status.SKIPPED)
    Slot.objects.create(slot_end=now, status=Slot.Status.DONE)
    assert reader.get("/api/v1/status/").json()["slot_lag"] == 0


def test_metrics_for_prometheus(client: Client, db: None) -> None:
    fall_behind()
    text = client.get("/metrics").content.decode()
    assert "opsconsole_inbox_depth 1.0" in text
    assert 'opsconsole_open_alerts{severity="critical"} 0.0' in text
    assert "opsconsole_slot_lag_seconds" in text


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("get", "nothing/", 404),
        ("get", "", 404),
        ("post", "alerts/", 405),
        ("delete", "rules/", 405),
        ("get", "alerts/1/acknowledge/", 405),
        ("get", "alerts/x/", 404),
    ],
)
def test_every_error_is_a_problem(writer: Client, method: str, address: str, status: int) -> None:
    answer = getattr(writer, method)(f"/api/v1/{address}")
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]
    assert answer["Cache-Control"] == "no-store"
    if status == 405:
        assert answer["Allow"]


def test_a_request_that_breaks_the_console_is_a_problem_too(
    writer: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("detections.rules.evaluation.scheduler.LATENESS", "not a time")
    Slot.objects.create(slot_end=START, status=Slot.Status.DUE)
    answer = writer.get("/api/v1/status/")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert "not a time" not in answer.content.decode()
    assert "the API failed at /api/v1/status/" in caplog.text


def test_the_openapi_document_is_served_and_its_snapshot_is_current(client: Client, db: None) -> None:
    answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    out = io.StringIO()
    call_command("openapi", stdout=out)
    assert SNAPSHOT.read_text() == out.getvalue(), "bin/manage openapi > docs/openapi.json"
    assert json.loads(SNAPSHOT.read_text()) == answer.json()


def test_the_document_names_the_contract(client: Client) -> None:
    paths = json.loads(SNAPSHOT.read_text())["paths"]
    assert set(paths) == {
        "/api/v1/alerts/",
        "/api/v1/alerts/{alert_id}/",
        "/api/v1/alerts/{alert_id}/acknowledge/",
        "/api/v1/alerts/{alert_id}/disposition/",
        "/api/v1/alerts/{alert_id}/hand_over/",
        "/api/v1/alerts/{alert_id}/resolve/",
        "/api/v1/alerts/{alert_id}/responders/",
        "/api/v1/alerts/{alert_id}/responders/stop/",
        "/api/v1/checklists/",
        "/api/v1/checklists/schedules/",
        "/api/v1/checklists/schedules/{schedule_id}/",
        "/api/v1/checklists/schedules/{schedule_id}/pause/",
        "/api/v1/checklists/schedules/{schedule_id}/resume/",
        "/api/v1/checklists/{run_id}/",
        "/api/v1/checklists/{run_id}/acts/",
        "/api/v1/checklists/{run_id}/close/",
        "/api/v1/checklists/{run_id}/items/{item_id}/not_applicable/",
        "/api/v1/checklists/{run_id}/items/{item_id}/plan/",
        "/api/v1/checklists/{run_id}/items/{item_id}/sign/",
        "/api/v1/checklists/{run_id}/items/{item_id}/take_back/",
        "/api/v1/checklists/{run_id}/items/{item_id}/waive/",
        "/api/v1/checklists/{run_id}/plan/",
        "/api/v1/config-reports/",
        "/api/v1/config-reports/manifest/",
        "/api/v1/environments/",
        "/api/v1/gates/{slug}/",
        "/api/v1/gates/{slug}/freeze/",
        "/api/v1/gates/{slug}/history/",
        "/api/v1/gates/{slug}/unfreeze/",
        "/api/v1/incidents/",
        "/api/v1/incidents/{incident_id}/",
        "/api/v1/incidents/{incident_id}/actions/",
        "/api/v1/incidents/{incident_id}/actions/{action_id}/checklist/",
        "/api/v1/incidents/{incident_id}/actions/{action_id}/done/",
        "/api/v1/incidents/{incident_id}/actions/{action_id}/drop/",
        "/api/v1/incidents/{incident_id}/actions/{action_id}/reopen/",
        "/api/v1/incidents/{incident_id}/close/",
        "/api/v1/incidents/{incident_id}/hand_over/",
        "/api/v1/incidents/{incident_id}/notes/",
        "/api/v1/incidents/{incident_id}/severity/",
        "/api/v1/incidents/{incident_id}/status/",
        "/api/v1/incidents/{incident_id}/timeline/",
        "/api/v1/incidents/{incident_id}/updates/",
        "/api/v1/issues/",
        "/api/v1/probes/",
        "/api/v1/probes/{slug}/runs/",
        "/api/v1/probes/{slug}/runs/{run_id}/",
        "/api/v1/probes/{slug}/runs/{run_id}/report.md",
        "/api/v1/probes/{slug}/runs/{run_id}/samples/",
        "/api/v1/routes/",
        "/api/v1/rules/",
        "/api/v1/scorecard/",
        "/api/v1/silences/",
        "/api/v1/silences/{silence_id}/",
        "/api/v1/status/",
    }


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_addresses_that_are_only_read_say_so(path: str, method: str) -> None:
    answer = getattr(Client(enforce_csrf_checks=True), method)(path)
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
