"""What the lines of each source say, link to, and think important."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bootstrap.systems.models import Environment
from detections.alerts.causes.models import GroupedAlert
from detections.alerts.causes.store import start_group
from detections.alerts.delivery_models import Delivery, DeliveryAttempt
from detections.alerts.models import Alert, AlertLog
from detections.alerts.routing_models import Target
from detections.incidents.models import Incident, IncidentLink
from detections.incidents.timeline.gather import gather
from detections.incidents.timeline_models import TimelineLine
from detections.rules import set_mode
from detections.rules.models import Rule
from opsconsole.lib import clock
from tests.bootstrap import builders as checklists
from tests.detections.alerts.delivery.queue import queue_one
from tests.detections.alerts.factories import edit_rule, judge, make_rule
from tests.detections.incidents.factories import START, make_alert, make_incident, make_user
from tests.detections.rules import reports

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
NOW = START + 10 * MINUTE


@pytest.fixture
def alert(db: None) -> Alert:
    made = make_alert(rule=make_rule("DET-BE-001"))
    Alert.objects.filter(pk=made.pk).update(group_key="/orders")
    return Alert.objects.get()


@pytest.fixture
def incident(alert: Alert) -> Incident:
    return make_incident(now=START + MINUTE, alerts=[alert.pk], started_at=START)


def lines(incident: Incident, kind: str, now: datetime = NOW) -> list[TimelineLine]:
    gather(incident.pk, now)
    return list(incident.timeline.filter(kind=kind).exclude(ref="").order_by("id"))


def log(alert: Alert, kind: str, **words: Any) -> AlertLog:
    return AlertLog.objects.create(**{"alert": alert, "at": NOW, "kind": kind, "actor_name": "engine", **words})


def test_the_opening_is_when_the_condition_was_seen_with_what_was_seen(incident: Incident, alert: Alert) -> None:
    verdict = judge(alert.scope, "c", 0)
    AlertLog.objects.create(
        alert=alert, at=START + MINUTE, kind="opened", actor_name="engine", evidence=verdict.evaluation.evidence
    )
    line = lines(incident, "alert")[-1]
    assert line.text == "DET-BE-001 on /orders opened: 5 errors in 5 minutes where 0.4 are usual"
    assert (line.at, line.important, line.actor_name) == (START, True, "")
    assert (line.url, line.where) == (f"/alerts/{alert.pk}/", "raptor/prod")


@pytest.mark.parametrize(
    ("kind", "words", "text", "important"),
    [
        (
            "firing",
            {"new": "firing", "why": "the condition holds again"},
            "is firing: the condition holds again",
            False,
        ),
        ("resolved", {"new": "resolved"}, "is resolved", True),
        ("severity", {"old": "high", "new": "critical", "why": "rose"}, ": severity high → critical: rose", True),
        (
            "severity",
            {"old": "high", "new": "low", "why": "recorded only"},
            ": severity high → low: recorded only",
            False,
        ),
        ("flapping", {"old": "steady", "new": "flapping", "why": "4 changes"}, ": flapping: 4 changes", False),
        ("joined", {"new": "3 more joined", "why": "9 fire"}, ": 3 more joined: 9 fire", False),
        ("unheard-of", {}, ": unheard-of", False),
    ],
)
def test_how_an_alert_went(
    incident: Incident, alert: Alert, kind: str, words: dict[str, str], text: str, important: bool
) -> None:
    log(alert, kind, **words)
    line = lines(incident, "alert")[-1]
    assert line.text in (f"DET-BE-001 on /orders {text}", f"DET-BE-001 on /orders{text}")
    assert line.important is important


@pytest.mark.parametrize(
    ("kind", "words", "text", "important"),
    [
        ("acknowledged", {"old": "unacknowledged", "new": "acknowledged"}, " acknowledged", True),
        ("unacknowledged", {"why": "the severity rose"}, " unacknowledged: the severity rose", False),
        ("reminder", {"new": "Ada", "why": "it runs out"}, ": Ada is reminded: it runs out", False),
        ("assigned", {"new": "handed over to sre"}, ": handed over to sre", True),
        ("responder", {"new": "asked dba for help"}, ": asked dba for help", False),
        ("escalation", {"new": "step 1 of 2: tells sre"}, ": step 1 of 2: tells sre", False),
        ("disposition", {"new": "false_positive", "why": "a test"}, ": disposition false positive: a test", False),
        ("disposition", {"old": "expected"}, ": disposition taken back", False),
    ],
)
def test_what_was_done_about_an_alert(
    incident: Incident, alert: Alert, kind: str, words: dict[str, str], text: str, important: bool
) -> None:
    ada = make_user("ada")
    log(alert, kind, actor=ada, actor_name="Ada L", **words)
    line = lines(incident, "acknowledgment")[0]
    assert line.text == f"DET-BE-001 on /orders{text}"
    assert (line.important, line.actor, line.actor_name) == (important, ada, "Ada L")


def message(alert: Alert, sequence: int, status: str, **fields: Any) -> Delivery:
    target, _ = Target.objects.get_or_create(name="Ops", channel="slack", address="#ops")
    delivery = queue_one(target, alert, sequence)
    Delivery.objects.filter(pk=delivery.pk).update(status=status, channel="slack", **fields)
    return delivery


def test_messages_that_left_or_never_will(incident: Incident, alert: Alert) -> None:
    message(alert, 1, "sent", sent_at=START + 2 * MINUTE)
    dead = message(alert, 2, "dead")
    DeliveryAttempt.objects.create(delivery=dead, number=1, at=START + 3 * MINUTE, ok=False, response="first")
    DeliveryAttempt.objects.create(delivery=dead, number=2, at=START + 4 * MINUTE, ok=False, response="404 no_service")
    for sequence, status in enumerate(("queued", "overtaken", "suppressed", "held", "joined"), 3):
        message(alert, sequence, status)
    died, left = lines(incident, "message")
    died, left = sorted((died, left), key=lambda line: line.at, reverse=True)
    assert (left.text, left.at, left.important) == ("Message (firing) sent to Ops", START + 2 * MINUTE, False)
    assert died.text == "Message (firing) could not be sent to Ops: 404 no_service"
    assert (died.at, died.important) == (START + 4 * MINUTE, True)
    assert (left.where, left.url) == ("#ops", f"/alerts/{alert.pk}/#messages-title")


def test_a_dead_letter_that_is_sent_after_all_is_another_line(incident: Incident, alert: Alert) -> None:
    delivery = message(alert, 1, "dead")
    assert len(lines(incident, "message")) == 1
    Delivery.objects.filter(pk=delivery.pk).update(status="sent", sent_at=NOW)
    assert [line.text for line in lines(incident, "message")] == [
        "Message (firing) could not be sent to Ops",
        "Message (firing) sent to Ops",
    ]


def test_what_only_the_console_shows_has_not_left(incident: Incident, alert: Alert) -> None:
    message(alert, 1, "sent", sent_at=NOW)
    Delivery.objects.update(channel="console")
    assert [line.text for line in lines(incident, "message")] == [
        "Message (firing) for Ops was shown in the console; nothing left it"
    ]


def test_messages_of_its_group_are_its_own(incident: Incident, alert: Alert) -> None:
    leader = make_alert(rule=Rule.objects.get())
    group = start_group(leader, START)
    GroupedAlert.objects.create(alert=alert, group=group, joined_at=START)
    message(leader, 1, "sent", sent_at=NOW)
    assert len(lines(incident, "message")) == 1


def test_messages_are_asked_for_by_ids_of_groups(incident: Incident, alert: Alert) -> None:
    """A subquery beside `alert IN` would read every message there is."""
    with CaptureQueriesContext(connection) as asked:
        gather(incident.pk, NOW)
    of_messages = [each["sql"] for each in asked if 'FROM "detections_delivery"' in each["sql"]]
    assert len(of_messages) == 1
    assert "groupedalert" not in of_messages[0]


def test_of_its_own_updates_those_that_never_arrive(incident: Incident) -> None:
    target = Target.objects.create(name="Status page", channel="webhook", address="https://status.example")
    own = {"incident": incident, "kind": "incident", "target": target, "policy_name": "", "payload": {}}
    Delivery.objects.create(**own, sequence=11, queued_at=NOW, status="sent", sent_at=NOW, channel="webhook")
    Delivery.objects.create(**own, sequence=12, queued_at=NOW, status="dead", channel="webhook")
    found = lines(incident, "message")
    assert [(line.text, line.url) for line in found] == [
        ("Message (incident update) could not be sent to Status page", "")
    ]


def test_configuration_sign_offs_and_flags_of_its_environments(incident: Incident) -> None:
    deployment = reports.deployment()
    environment = Environment.objects.get(system__slug="raptor", slug="prod")
    finding = reports.opened(deployment, START, subject="DSN")
    run = checklists.run(environment)
    checklists.act(run, checklists.item(run, "B"), by="bob", at=START)
    incident.environments.add(environment)
    (found,) = lines(incident, "configuration")
    assert (found.text, found.important, found.ref) == ("DSN: missing (critical)", True, f"finding:{finding.pk}")
    assert found.url == "/environments/raptor/prod/raxx-api/drift/"
    reports.closed(finding, START + MINUTE)
    assert [line.ref for line in lines(incident, "configuration")][1:] == [f"finding:{finding.pk}:closed"]
    (signed,) = lines(incident, "sign_off")
    assert (signed.text, signed.actor_name, signed.url) == ("B: done", "bob", run.get_absolute_url())


def test_edits_of_the_rules_of_its_alerts_and_of_those_that_it_links_to(incident: Incident) -> None:
    edit_rule("DET-BE-001", title="Worded anew")
    linked = make_rule("DET-LINKED")
    make_rule("DET-OTHER")
    IncidentLink.objects.create(incident=incident, rule=linked, text="DET-LINKED", added_at=NOW, added_by="ada")
    edits = [(line.where, line.text) for line in lines(incident, "rule")]
    assert sorted(edits) == [
        ("DET-BE-001", "Version 1 published"),
        ("DET-BE-001", "Version 2 published"),
        ("DET-LINKED", "Version 1 published"),
    ]
    now = clock.now() + MINUTE
    before = Rule.objects.get(identifier="DET-BE-001").mode
    set_mode.mute_for_an_hour(linked, clock.now())
    modes = [line for line in lines(incident, "rule", now) if line.text.startswith("Set")]
    assert [(line.where, line.text, line.ref.partition(":")[0]) for line in modes] == [
        ("DET-LINKED", "Set from active to muted", "mute")
    ]
    Rule.objects.filter(identifier="DET-BE-001").update(mode="shadow")
    modes = [line for line in lines(incident, "rule", now) if line.text.startswith("Set")]
    assert [(line.where, line.text) for line in modes][1:] == [("DET-BE-001", f"Set from {before} to shadow")]
    assert lines(incident, "rule", now) == lines(incident, "rule", now)
