"""The pages, messages and API of an alert about configuration: no counts, but the variable and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from bootstrap.config_health.models import Finding, VariableChange, VariableState
from bootstrap.systems.models import ConfigVar, Deployment
from detections.alerts.channels.messages import render
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.models import Alert
from detections.rules.evidence.config_finding import STEPS, steps_for
from detections.rules.spec.schema import CHOICES
from opsconsole.accounts import tokens
from opsconsole.accounts.models import ApiToken
from tests.bootstrap import builders as checklists
from tests.detections.alerts.factories import make_user
from tests.detections.rules import reports, world
from tests.detections.rules.reports import DSN
from tests.detections.rules.world import MINUTE, NOON
from tests.people import make_viewer

pytestmark = pytest.mark.usefixtures("notification_policies")
SLOT = NOON + MINUTE


@pytest.fixture
def deployment() -> Deployment:
    env = checklists.environment("prod", "raptor")
    run = checklists.run(env)
    checklists.act(run, checklists.item(run, DSN, variable=DSN), by="admin")
    ConfigVar.objects.filter(name=DSN).update(
        required_when="FLAG_SENTRY_BACKEND=1", failure_mode="silent_noop", impact="Errors are lost <b>silently</b>."
    )
    reports.rule()
    return env.deployments.get()


@pytest.fixture
def viewer(client: Client) -> Client:
    person = make_user("ada")
    person.user_permissions.add(Permission.objects.get(codename="change_alert"))
    client.force_login(person)
    return client


def fire(deployment: Deployment, **finding: str) -> Alert:
    report = reports.report(deployment, NOON)
    reports.opened(deployment, NOON + timedelta(seconds=2), by=report, **finding)
    world.judge(SLOT)
    consume(SLOT)
    return Alert.objects.get()


def test_the_page_has_the_variable_and_the_command_in_place_of_a_chart(
    viewer: Client, deployment: Deployment, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    before = {"state": "set", "format_ok": True, "accepted_index": None, "fingerprints": {}}
    gone = before | {"state": "unset", "format_ok": None}
    VariableState.objects.create(deployment=deployment, name=DSN, since=NOON, **gone)
    VariableChange.objects.create(deployment=deployment, name=DSN, at=NOON, before=before, after=gone, release="v12")
    alert = fire(deployment)
    # Session and person, two of rights, alert, log, messages, tries, runbooks, evaluation; deployment, report,
    # variable, two of items, acts, state, drift; silences in force. What changed before: releases; drift, findings;
    # sign-offs, flags; versions, modes and mutes of the rule, freezes.
    with django_assert_num_queries(21 + 9):
        html = viewer.get(f"/alerts/{alert.pk}/").content.decode()
    for said in (
        f"<h1>{DSN} is unset in raptor-api-prod</h1>",
        "raptor/prod · raptor-api-prod",
        f"{DSN} is unset in raptor-api-prod since 12:00 UTC",
        f"heroku config:set {DSN}=&quot;$v&quot; --app raptor-api-prod &gt;/dev/null 2&gt;&amp;1",
        "signed by admin",
        f"#item-{DSN}",
        "FLAG_SENTRY_BACKEND=1",
        "Calls do nothing, silently",
        "Errors are lost &lt;b&gt;silently&lt;/b&gt;.",
        "set → unset",
        'href="/environments/raptor/prod/"',
        'href="/environments/raptor/prod/raptor-api/drift/"',
        "Do not paste a value",
        "Set it with the command below",
        "missing, critical, is critical here",
    ):
        assert said in html, said
    for wrong in ("alert-chart", "Sample event", "No known failure matches", "all routes"):
        assert wrong not in html, wrong


def test_after_a_good_report_todays_state_comes_first(viewer: Client, deployment: Deployment) -> None:
    alert = fire(deployment)
    good = {"state": "set", "format_ok": True, "accepted_index": None, "fingerprints": {}}
    VariableState.objects.create(deployment=deployment, name=DSN, since=SLOT, **good)
    reports.report(deployment, SLOT)
    reports.closed(Finding.objects.get(), SLOT)
    world.judge(SLOT + MINUTE)
    consume(SLOT + MINUTE)
    html = " ".join(viewer.get(f"/alerts/{alert.pk}/").content.decode().split())
    now = "The newest report, of 2026-06-12 12:01 UTC, says set and well formed"
    assert f"<h1>{now}" in html
    assert f"It fired because {DSN} is unset in raptor-api-prod." in html
    assert "What was wrong" in html
    assert html.index('id="configuration"') < html.index('id="evidence"')
    assert html.index("<dt>Now") < html.index("At opening")


def test_a_silent_deployment_has_no_variable(viewer: Client, deployment: Deployment) -> None:
    alert = fire(deployment, subject="", kind="stale")
    html = viewer.get(f"/alerts/{alert.pk}/").content.decode()
    assert "Look for the agent first" in html
    assert "of the whole deployment" in html
    assert "config:set" not in html
    assert "Drift history" not in html


def test_what_must_not_be_set_is_removed(viewer: Client, deployment: Deployment) -> None:
    alert = fire(deployment, kind="forbidden_present")
    html = viewer.get(f"/alerts/{alert.pk}/").content.decode()
    assert f"heroku config:unset {DSN} --app raptor-api-prod &gt;/dev/null 2&gt;&amp;1" in html
    assert "config:set " not in html


def test_lists_say_where_it_runs(viewer: Client, deployment: Deployment) -> None:
    fire(deployment)
    for address in ("/alerts/", "/"):
        html = viewer.get(address).content.decode()
        assert "raptor/prod · raptor-api-prod" in html
        assert f"{DSN} is unset" in html


def test_the_page_of_the_rule_knows_no_baseline(viewer: Client, deployment: Deployment) -> None:
    fire(deployment)
    html = viewer.get("/rules/DET-CONFIG-001/").content.decode()
    assert "Reads what the configuration reports of every project in every environment show" in html
    assert "a finding of severity critical is critical, a finding of severity warning is medium" in html
    assert "Baseline" not in html
    assert "Fires at" not in html


def test_what_is_sent_names_the_host_and_counts_nothing(deployment: Deployment) -> None:
    fire(deployment)
    deliver(lambda: SLOT)
    payload = Delivery.objects.get().payload
    message = render(payload)
    assert message.headline == f"🚨 Critical: DET-CONFIG-001 on {DSN} in raptor-api-prod"
    assert "Environment: raptor/prod · raptor-api-prod" in message.text
    assert "Events:" not in message.text


def test_the_api_has_cause_evidence_and_group(client: Client, deployment: Deployment) -> None:
    fire(deployment)
    token = tokens.create(make_viewer("bot"), "test", ApiToken.Scope.READ)[1]
    answer = client.get("/api/v1/alerts/", headers={"Authorization": f"Bearer {token}"})
    [item] = answer.json()["items"]
    assert (item["rule"], item["group"], item["cause"]) == ("DET-CONFIG-001", DSN, f"{DSN} is unset")
    assert (item["project"], item["environment"]) == ("raptor-api", "prod")
    evidence = item["evidence"]
    assert evidence["count"] is None
    assert evidence["data"]["shape"] == "config"
    assert evidence["data"]["findings"][0]["kind"] == "missing"
    assert evidence["sentence"].startswith(f"{DSN} is unset in raptor-api-prod")


def test_there_is_advice_for_every_kind() -> None:
    assert set(STEPS) == set(CHOICES["kinds"])
    assert steps_for(["empty", "missing"]) == [STEPS["missing"]]
    assert steps_for([]) == []
