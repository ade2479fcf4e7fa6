"""Configuration from an agent's report to an alert and its end: through the HTTP API, rules and alerts together.

The API reads the clock, so the story begins now; what comes after is judged as of later minutes. The clock stands early
in a minute: one that ended between two reports would be one more in which the condition held.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connections
from django.test import Client

from bootstrap.checklists.models import Item
from bootstrap.config_health.findings import recheck
from bootstrap.config_health.reports import tokens
from bootstrap.postures.approval import Proposal, approve_shipped, propose_from_runbook
from bootstrap.postures.models import Posture
from bootstrap.systems.config.manifest import manifest_of
from bootstrap.systems.models import ConfigVar, Deployment, Flag
from bootstrap.systems.value_rules.flags import FLAG_WORDS
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.handling.acknowledge import acknowledge
from detections.alerts.handling.apply_verdicts import consume
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert, AlertLog
from detections.rules import queries
from detections.rules.evaluation import on_arrival, registry, scheduler
from detections.rules.models import Evaluation, Slot
from detections.telemetry.models import Project
from opsconsole.lib import clock
from opsconsole.lib.clock import MINUTE, floor_minute
from tests.bootstrap import builders as checklists
from tests.detections.alerts.factories import make_user
from tests.detections.rules import reports, world
from tests.detections.rules.reports import DSN

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


class Agent:
    """Posts what it sees of one variable."""

    def __init__(self, client: Client, deployment: Deployment) -> None:
        self.client = client
        self.deployment = deployment
        self.token = tokens.create(deployment, None, clock.now())[1]

    def post(self, state: str, **more: Any) -> list[dict[str, str]]:
        told = {"name": DSN, "state": state, "format_ok": True if state == "set" else None}
        body = {"schema": 1, "reported_at": clock.now().isoformat(), "release": "v12", "variables": [told], **more}
        answer = self.client.post(
            "/api/v1/config-reports/",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        assert answer.status_code == 202, answer.content
        found: list[dict[str, str]] = answer.json()["findings"]
        return found


@pytest.fixture(autouse=True)
def early_in_a_minute() -> Iterator[None]:
    with time_machine.travel(floor_minute(clock.now()) + 10 * SECOND, tick=True):
        yield


@pytest.fixture
def deployment(notification_policies: None) -> Deployment:
    env = checklists.environment("prod", "raptor")
    run = checklists.run(env)
    item: Item = checklists.item(run, DSN, variable=DSN)
    checklists.act(run, item, by="admin")
    ConfigVar.objects.filter(name=DSN).update(
        required_when="always", failure_mode="silent_noop", impact="Errors are lost.", format_rule="dsn"
    )
    reports.rule(clock.now())
    return env.deployments.get()


@pytest.fixture
def agent(client: Client, deployment: Deployment) -> Agent:
    return Agent(client, deployment)


def tick(start: Any, minutes: int) -> None:
    """The ends of `minutes` minutes from the one that `start` lies in, judged and told as the tick does."""
    for minute in range(1, minutes + 1):
        now = floor_minute(start) + minute * MINUTE + 11 * SECOND
        scheduler.make_due(now)
        scheduler.catch_up(now)
        consume(now)


@pytest.mark.django_db
def test_from_the_report_to_the_end(agent: Agent, deployment: Deployment) -> None:
    agent.post("set")
    found = agent.post("unset")
    assert [(each["subject"], each["kind"], each["severity"]) for each in found] == [(DSN, "missing", "critical")]
    start = clock.now()
    scheduler.make_due(start)
    assert on_arrival.judge_reports(start) == 1
    consume(start)
    alert = Alert.objects.select_related("evidence", "project_environment").get()
    assert (alert.status, alert.severity, alert.group_key) == ("firing", 3, DSN)
    assert (alert.cause, alert.owner, alert.count) == (f"{DSN} is unset", "sre-agent", None)
    assert alert.evidence is not None
    assert f"{DSN} is unset in raptor-api-prod since" in alert.evidence.sentence
    assert "the checklist says signed by admin" in alert.evidence.sentence
    assert registry.read_evidence(alert.evidence.data).agrees()
    [message] = Delivery.objects.filter(kind=Delivery.Kind.FIRING)
    assert message.target.address == "#raxx-ops-alert-sev1"
    assert (message.payload["host"], message.payload["release"]) == ("raptor-api-prod", "v12")
    responder = make_user("ada")
    responder.user_permissions.add(Permission.objects.get(codename="change_alert"))
    acknowledge(alert.pk, responder, start)
    agent.post("set")
    tick(start, 2)
    assert Alert.objects.get().status == "recovering"
    tick(start + 2 * MINUTE, 6)
    ended = Alert.objects.get()
    assert (ended.status, ended.resolution) == ("resolved", "cleared")
    kinds = list(AlertLog.objects.values_list("kind", flat=True))
    assert kinds == ["opened", "acknowledged", "recovering", "resolved"]


@pytest.mark.django_db
def test_an_alert_that_a_person_resolved_comes_back_only_after_a_good_report(agent: Agent) -> None:
    agent.post("unset")
    start = clock.now()
    scheduler.make_due(start)
    tick(start, 1)
    resolve(Alert.objects.get().pk, make_user("ada"), start + MINUTE)
    tick(start + MINUTE, 3)
    assert Alert.objects.count() == 1


@pytest.fixture
def demo(deployment: Deployment) -> Posture:
    """REDIS_URL may be absent while the demo's sessions are off and one worker runs."""
    at = Deployment.objects.select_related("app", "environment__system").get(pk=deployment.pk)
    redis = ConfigVar.objects.create(app=at.app, name="REDIS_URL", required_when="always", failure_mode="http_503")
    Flag.objects.create(system=at.app.system, name="FLAG_DEMO_SESSION")
    wanted = Proposal(at, redis, "FLAG_DEMO_SESSION=0 and workers=1", "one worker needs no store")
    return approve_shipped(propose_from_runbook(wanted, None, "ada", clock.now()), "bob", clock.now())


def demo_report(agent: Agent, on: bool, workers: int = 1) -> list[tuple[str, str]]:
    told = [
        {"name": DSN, "state": "set", "format_ok": True},
        {"name": "REDIS_URL", "state": "unset", "format_ok": None},
        {"name": "FLAG_DEMO_SESSION", "state": "set", "accepted_index": FLAG_WORDS.index("1" if on else "0")},
    ]
    at = agent.deployment
    found = agent.post("set", variables=told, facts={"workers": workers}, manifest=manifest_of(at)["hash"])
    return [(each["kind"], each["severity"]) for each in found if each["subject"] == "REDIS_URL"]


@pytest.mark.django_db
def test_a_posture_that_a_report_makes_lapse_raises_the_alert_and_tells_again(agent: Agent, demo: Posture) -> None:
    assert demo_report(agent, on=False) == [("missing", "warning")]
    start = clock.now()
    scheduler.make_due(start)
    tick(start, 1)
    alert = Alert.objects.get(group_key="REDIS_URL")
    assert (alert.status, alert.severity) == ("firing", 1)
    [first] = Delivery.objects.filter(alert=alert)
    assert (first.kind, first.target.address) == (Delivery.Kind.FIRING, "ops@")
    acknowledge(alert.pk, make_user("grace"), start + MINUTE)

    assert demo_report(agent, on=True) == [("missing", "critical")]
    tick(start + MINUTE, 2)
    alert.refresh_from_db()
    assert (alert.severity, alert.handling, alert.group_key) == (3, "unacknowledged", "REDIS_URL")
    assert alert.evidence is not None
    [wrong] = alert.evidence.data["findings"]
    assert wrong["severity"] == "critical"
    assert wrong["detail"] == "Unset; the posture that accepted it has lapsed: FLAG_DEMO_SESSION is on"
    risen = Delivery.objects.get(alert=alert, kind=Delivery.Kind.ESCALATED)
    assert (risen.target.address, risen.payload["severity"]) == ("#raxx-ops-alert-sev1", "critical")

    assert demo_report(agent, on=False) == [("missing", "warning")]
    tick(start + 3 * MINUTE, 2)
    alert.refresh_from_db()
    assert (alert.status, alert.severity) == ("firing", 3)  # a fall is recorded, and un-pages nobody
    assert Delivery.objects.filter(alert=alert).count() == 2
    assert AlertLog.objects.filter(alert=alert, kind="severity").exists()


@pytest.mark.django_db
def test_a_deployment_that_stops_reporting_is_critical_after_26_hours(agent: Agent) -> None:
    agent.post("unset")
    start = clock.now()
    recheck.recompute_all(start + timedelta(hours=25, minutes=59))
    scheduler.make_due(start)
    tick(start, 1)
    assert set(Alert.objects.values_list("group_key", flat=True)) == {DSN}
    later = start + timedelta(hours=26, minutes=1)
    recheck.recompute_all(later)
    scheduler.make_due(later)
    Slot.objects.filter(status=Slot.Status.DUE).update(status=Slot.Status.SKIPPED)  # the day in between
    tick(later, 1)
    open_now = Alert.objects.filter(status="firing").order_by("group_key")
    # What was last reported wrong is not well again because nobody says so any more.
    assert [(alert.group_key, alert.severity) for alert in open_now] == [(DSN, 3), ("config report", 3)]
    stale = open_now[1].evidence
    assert stale is not None
    assert stale.sentence.startswith(
        "No configuration report comes in from raptor-api-prod (raptor/prod); the last was"
    )


@pytest.mark.django_db
def test_a_rule_that_a_report_makes_dormant_keeps_its_open_alert(agent: Agent, deployment: Deployment) -> None:
    """Dormant is not disabled: judged in shadow, the episode goes on quietly and tells its end."""
    start = clock.now()
    place = world.environment(Project.objects.create(slug="raptor", name="Raptor", app=deployment.app), since=start)
    world.covered(floor_minute(start) - HOUR, floor_minute(start) + HOUR)
    sources = [{"source": "sentry", "prerequisites": [f"var:{DSN}"]}]
    world.rule("DET-X-001", selector={"sources": sources}, now=start)
    scheduler.make_due(start)
    world.count(place, "/orders", {floor_minute(start): 3})
    tick(start, 1)
    alert = Alert.objects.get(rule__identifier="DET-X-001")
    assert alert.status == "firing"
    deliver(lambda: start + 2 * MINUTE)
    agent.post("unset")
    states = queries.states_of(queries.known_rules(["DET-X-001"]), clock.now())[alert.rule_id]
    assert [(state.name, [need.contradicted for need in state.unmet]) for _, state in states] == [("dormant", [True])]
    tick(start + MINUTE, 2)
    alert.refresh_from_db()
    assert (alert.status, alert.deliveries.count()) == ("firing", 1)
    assert Evaluation.objects.filter(scope=alert.scope).latest("slot_end").shadow
    tick(start + 3 * MINUTE, 10)
    alert.refresh_from_db()
    assert (alert.status, alert.resolution) == ("resolved", "cleared")
    assert list(alert.deliveries.order_by("sequence").values_list("kind", flat=True)) == ["firing", "resolved"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_episode(agent: Agent) -> None:
    agent.post("unset")
    now = clock.now()
    failures = []

    def work() -> None:
        try:
            on_arrival.judge_reports(now)
            consume(now)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    consume(now)
    assert not failures
    assert Alert.objects.count() == 1
    assert Delivery.objects.count() == 1
