"""A PagerDuty that checks events: what each kind of message does to the incident of its alert."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from detections.alerts.channels import pagerduty as channel
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import FirstMessage, Notification, Rejected, Retry, Sent
from detections.alerts.channels.pagerduty_event import actions_for, pagerduty_event
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target, TargetResult
from detections.alerts.targets.values import open_values
from opsconsole.accounts.models import User
from tests.detections.alerts.channels.test_slack_message import FACTS, HOSTILE, TEXTS
from tests.receivers import weather
from tests.receivers.pagerduty import ROUTING_KEY, PagerDutyServer, problems

KEY = "7c1f9d0a-52c7-4a43-8f0e-2f1f4b1d9c11"
ACCEPTED = '202 {"status": "success", "message": "Event processed", "dedup_key": "'


@pytest.fixture(autouse=True)
def _base_address(pagerduty: PagerDutyServer, settings: Settings) -> None:
    settings.PAGERDUTY_URL = pagerduty.url


def about(kind: str = "firing", first: FirstMessage | None = None, **changed: Any) -> Notification:
    facts: MessageFacts = {**FACTS, "kind": kind, "actor": "ada", "sentence": "5 errors in 5 minutes", **changed}  # type: ignore[typeddict-item]
    return Notification(1, KEY, "ops", "pagerduty", facts, {"routing_key": ROUTING_KEY}, first)


def opened() -> FirstMessage:
    sent = channel.send(about())
    assert isinstance(sent, Sent)
    return FirstMessage(FACTS, sent.receipt)


def test_an_alert_is_one_incident_from_its_beginning_to_its_end(pagerduty: PagerDutyServer) -> None:
    first = opened()
    states = [pagerduty.incidents[KEY]]
    for kind in ("acknowledged", "resolved"):
        assert isinstance(channel.send(about(kind, first)), Sent)
        states.append(pagerduty.incidents[KEY])
    assert states == ["triggered", "acknowledged", "resolved"]
    assert list(pagerduty.incidents) == [KEY]
    assert pagerduty.refused == []


def test_what_the_responder_reads(pagerduty: PagerDutyServer) -> None:
    channel.send(about())
    (event,) = pagerduty.events
    assert event["payload"] == {
        "summary": "⚠️ High: DET-002-ERRORS on POST /api/solver/solve: 5 errors in 5 minutes",
        "source": "production",
        "severity": "error",
        "timestamp": "2026-06-12T14:03:00+00:00",
        "group": "POST /api/solver/solve",
        "class": "DET-002-ERRORS",
        "custom_details": {
            "Message": 'ValueError: Invalid date format: "2025-13-45"',
            "Evidence": "5 errors in 5 minutes",
            "Environment": "production",
            "Release": "v1.2.0 (abc123)",
            "First seen": "2026-06-12 14:03 UTC",
            "Events": "5",
            "👤 Affected users": "2",
            "🏢 Organization": "org_456 (Church of the Valley)",
            "Rule": "Error rate",
        },
    }
    assert event["links"] == [{"href": FACTS["url"], "text": "Open the alert"}]
    assert event["client_url"] == FACTS["url"]


@pytest.mark.parametrize(
    ("severity", "word"), [("critical", "critical"), ("high", "error"), ("medium", "warning"), ("", "info")]
)
def test_severities_stand_for_priorities(pagerduty: PagerDutyServer, severity: str, word: str) -> None:
    channel.send(about(severity=severity))
    assert pagerduty.events[0]["payload"]["severity"] == word


@pytest.mark.parametrize("kind", ["severity", "reminder", "expired", "escalation", "handed_over", "responder"])
def test_what_must_be_seen_again_pages_again_also_where_the_incident_is_acknowledged(
    pagerduty: PagerDutyServer, kind: str
) -> None:
    first = opened()
    channel.send(about("acknowledged", first))
    again = channel.send(about(kind, first))
    assert isinstance(again, Sent)
    assert again.receipt == {"dedup_key": KEY}
    assert pagerduty.incidents == {KEY: "triggered"}
    assert len(pagerduty.paged) == 2
    channel.send(about("resolved", FirstMessage(FACTS, again.receipt)))
    assert pagerduty.incidents == {KEY: "resolved"}


@pytest.mark.parametrize("kind", ["severity", "reminder", "expired"])
def test_a_target_that_hears_of_an_alert_later_opens_its_incident(pagerduty: PagerDutyServer, kind: str) -> None:
    sent = channel.send(about(kind))
    assert isinstance(sent, Sent)
    assert (pagerduty.actions, sent.receipt) == (["trigger"], {"dedup_key": KEY})


def test_later_messages_keep_the_key_of_the_first(pagerduty: PagerDutyServer) -> None:
    channel.send(about("resolved", FirstMessage(FACTS, {"dedup_key": "an-earlier-key"})))
    assert pagerduty.events[0]["dedup_key"] == "an-earlier-key"


def test_flapping_sends_nothing_and_says_so(pagerduty: PagerDutyServer) -> None:
    assert channel.send(about("flapping", opened())) == Sent(channel.NOTHING)
    assert pagerduty.actions == ["trigger"]


@pytest.mark.parametrize(
    ("kind", "opened", "actions"),
    [
        ("escalation", True, ("resolve", "trigger")),
        ("escalation", False, ("trigger",)),
        ("merged", True, ("resolve",)),
        ("called_off", True, ()),
        ("summary", False, ()),
        ("handed_over", False, ("trigger",)),
        ("responder", False, ("trigger",)),
        ("a kind of a later version", True, ("trigger",)),
    ],
)
def test_each_kind_has_its_actions(kind: str, opened: bool, actions: tuple[str, ...]) -> None:
    assert actions_for({"kind": kind}, opened=opened) == actions


def test_calling_a_responder_off_acknowledges_only_what_somebody_has() -> None:
    assert actions_for({"kind": "called_off", "acknowledged_by": "ada"}, opened=True) == ("acknowledge",)
    assert actions_for({"kind": "called_off", "acknowledged_by": ""}, opened=True) == ()


def test_sentences_without_a_name_are_all_kept() -> None:
    alerts: Any = [{"state": "new", "rule": f"R-{number}", "severity": "high", "group": "/a"} for number in range(3)]
    facts: Any = {"alerts": alerts, "alert_counts": {"new": 5}, "grouped_by": "rule"}
    details = pagerduty_event("trigger", ROUTING_KEY, KEY, FACTS | facts)["payload"]["custom_details"]
    assert details["Why"].splitlines() == [*(f"New, high: R-{n} on /a" for n in range(3)), "and 2 more"]


def test_a_test_message_leaves_no_open_incident(pagerduty: PagerDutyServer) -> None:
    sent = channel.send(about("test", severity=""))
    assert isinstance(sent, Sent)
    assert "resolved at once" in sent.response
    assert sent.receipt == {}
    assert (pagerduty.actions, pagerduty.incidents) == (["trigger", "resolve"], {KEY: "resolved"})
    assert pagerduty.events[0]["payload"]["severity"] == "info"
    pagerduty.forecast(None, weather.status(500))
    left = channel.send(about("test"))
    assert isinstance(left, Sent)
    assert "could not be resolved, resolve it there: 500" in left.response


def test_a_failure_between_two_events_is_tried_again_from_the_start(pagerduty: PagerDutyServer) -> None:
    first = opened()
    pagerduty.forecast(None, weather.status(503))
    assert channel.send(about("expired", first)) == Retry("503")
    assert isinstance(channel.send(about("expired", first)), Sent)
    assert pagerduty.actions == ["trigger", "resolve", "resolve", "trigger"]
    assert pagerduty.incidents == {KEY: "triggered"}


def test_each_attempt_is_the_same_event(pagerduty: PagerDutyServer) -> None:
    for _ in range(2):
        channel.send(about())
    one, other = pagerduty.received
    assert one.body == other.body
    assert len(pagerduty.paged) == 1


def test_a_key_that_pagerduty_does_not_know_says_what_to_do_and_is_not_shown(pagerduty: PagerDutyServer) -> None:
    pagerduty.keys.clear()
    refused = channel.send(about())
    assert isinstance(refused, Rejected)
    assert refused.response.startswith("400 ")
    assert channel.KEY_ADVICE in refused.response
    assert ROUTING_KEY not in refused.response


def test_bad_weather(pagerduty: PagerDutyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", timedelta(seconds=0.2))
    pagerduty.forecast(
        weather.too_many(7),
        weather.status(500),
        weather.hang(),
        weather.reset(),
        weather.redirect("/"),
        weather.status(403),
    )
    assert channel.send(about()) == Retry("429", timedelta(seconds=7))
    assert [type(channel.send(about())) for _ in range(5)] == [Retry, Retry, Retry, Rejected, Rejected]


@given(
    facts=st.fixed_dictionaries(dict.fromkeys(TEXTS, HOSTILE), optional={"organization": HOSTILE, "why": HOSTILE}),
    kind=st.sampled_from([*Delivery.Kind.values, "test"]),
    action=st.sampled_from(["trigger", "acknowledge", "resolve"]),
    key=st.text(min_size=1, max_size=300),
)
def test_whatever_an_event_says_pagerduty_takes_it(facts: dict[str, str], kind: str, action: str, key: str) -> None:
    hostile: MessageFacts = FACTS | {"kind": kind} | facts  # type: ignore[assignment,typeddict-item]
    assert list(problems(pagerduty_event(action, ROUTING_KEY, key, hostile))) == []


def test_the_longest_values_stay_within_the_limits() -> None:
    longest: Any = dict.fromkeys((*TEXTS, "organization", "why", "actor"), "x y" * 3000)
    event = pagerduty_event("trigger", ROUTING_KEY, KEY, FACTS | longest)
    assert list(problems(event)) == []
    assert len(event["payload"]["summary"]) <= 1024


def test_of_a_deployment_the_host_is_the_source() -> None:
    event = pagerduty_event("trigger", ROUTING_KEY, KEY, FACTS | {"host": "api-1"})
    assert event["payload"]["source"] == "api-1"
    assert pagerduty_event("trigger", ROUTING_KEY, KEY, {})["payload"]["source"] == "opsconsole"


@pytest.mark.parametrize("key", ["", "hunter2", ROUTING_KEY + "0", ROUTING_KEY[1:] + "/"])
def test_what_is_no_key_is_refused_at_its_field(key: str) -> None:
    assert list(channel.check({"routing_key": key})) == ["routing_key"]
    assert channel.check({"routing_key": ROUTING_KEY}) == {}


def test_a_base_address_that_is_refused_is_said(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = []
    (problem,) = channel.check({"routing_key": ROUTING_KEY}).values()
    assert problem.startswith("OPSCONSOLE_PAGERDUTY_URL leads to an address that is refused")
    refused = channel.send(about())
    assert isinstance(refused, Rejected)


@pytest.mark.usefixtures("notification_policies")
def test_a_target_is_made_in_the_admin_and_tried(client: Client, pagerduty: PagerDutyServer) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    data = {"name": "Pager", "channel": "pagerduty", "address": "on call", "enabled": "on"}
    refused = client.post("/admin/detections/target/add/", {**data, "pagerduty_routing_key": "hunter2"})
    assert "pagerduty_routing_key" in refused.context["adminform"].form.errors
    assert (
        client.post("/admin/detections/target/add/", {**data, "pagerduty_routing_key": ROUTING_KEY}).status_code == 302
    )
    target = Target.objects.get(name="Pager")
    assert (open_values(target), target.settings) == ({"routing_key": ROUTING_KEY}, {})
    pagerduty.forecast(weather.status(400, f'{{"errors": ["no {ROUTING_KEY}"]}}'.encode()))
    said = client.post(f"/admin/detections/target/{target.pk}/test/", follow=True).content.decode()
    assert "[Filtered]" in said
    assert ROUTING_KEY not in said + TargetResult.objects.get(target=target).last_error
    said = client.post(f"/admin/detections/target/{target.pk}/test/", follow=True).content.decode()
    assert "resolved at once" in said
    assert pagerduty.refused == []
