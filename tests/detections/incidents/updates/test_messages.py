"""Each channel tells of an incident in its own form, in one thread, and what people write harms nobody."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from detections.alerts.channels import apprise, jira, pagerduty, slack, webhook
from detections.alerts.channels import email as email_channel
from detections.alerts.channels.email_html import html_of
from detections.alerts.channels.email_message import email_message
from detections.alerts.channels.incident_facts import IncidentFacts
from detections.alerts.channels.messages import MessageFacts, render
from detections.alerts.channels.notification import FirstMessage, Notification, Sent
from detections.alerts.channels.slack_message import slack_message
from detections.incidents.updates.write_update import LONGEST
from tests.detections.alerts.channels.test_email import NOW, server
from tests.detections.alerts.channels.test_slack_message import HOSTILE
from tests.detections.alerts.channels.test_webhook import SCHEMA
from tests.detections.incidents.updates.makers import FACTS, INCIDENT
from tests.receivers import block_kit
from tests.receivers.jira import JiraServer
from tests.receivers.mail import MailServer, problems
from tests.receivers.pagerduty import ROUTING_KEY, PagerDutyServer
from tests.receivers.slack import TOKEN, SlackServer

__all__ = ["server"]
EVENTS = ("declared", "status", "severity", "update", "closed", "told", "reminder")


def with_incident(facts: MessageFacts = FACTS, **changed: Any) -> MessageFacts:
    incident: IncidentFacts = {**INCIDENT, **changed}  # type: ignore[typeddict-item]
    return {**facts, "incident": incident}


def notification(facts: MessageFacts, values: dict[str, str], first: FirstMessage | None = None) -> Notification:
    return Notification(1, FACTS["episode"], "#ops", "", facts, values, first)


@pytest.mark.parametrize(
    ("changed", "headline"),
    [
        ({}, "🚨 SEV-1 INC-12, open: Orders fail"),
        ({"severity": 3, "status": "mitigated"}, "🔸 SEV-3 INC-12, mitigated: Orders fail"),
        ({"status": "postmortem"}, "✅ SEV-1 INC-12, resolved: Orders fail"),
        ({"status": "postmortem", "event": "reminder"}, "⏰ SEV-1 INC-12, postmortem due: Orders fail"),
        ({"event": "told"}, "👉 SEV-1 INC-12, open: Orders fail"),
        ({"event": "reminder"}, "⏰ SEV-1 INC-12, open: Orders fail"),
    ],
)
def test_the_headline_says_how_bad_it_is_and_how_far(changed: dict[str, Any], headline: str) -> None:
    assert render(with_incident(**changed)).headline == headline


def test_the_text_has_all_that_is_known_in_its_lines() -> None:
    assert render(FACTS).text == (
        "🚨 SEV-1 INC-12, open: Orders fail\n\n"
        "The cause is known.\nA rollback runs.\nCommander: ada\nAffected: raptor/prod\n"
        "Impact since: 2026-06-12 13:50 UTC\nNext update: 2026-06-12 14:30 UTC\n\n"
        "🔗 Open in opsconsole: https://ops.example.org/incidents/12/"
    )


def test_a_bot_threads_later_updates_and_the_first_shows_the_state(
    slack_bot: dict[str, str], slack: SlackServer
) -> None:
    declared = with_incident(event="declared", number=1, text="Declared as SEV-1.")
    sent = slack_channel(declared, slack_bot)
    assert isinstance(sent, Sent)
    first = FirstMessage(declared, sent.receipt)
    later = with_incident(status="mitigated", next_update_at="2026-06-12T15:00:00+00:00")
    assert slack_channel(later, slack_bot, first) == Sent("ok")
    (message,) = slack.in_channel("general")
    assert [reply.text for reply in slack.thread(message)] == ["🚨 SEV-1 INC-12, mitigated: Orders fail"]
    assert "A rollback runs." in slack.thread(message)[0].shown
    assert "INC-12, mitigated" in message.shown
    assert "Declared as SEV-1." in message.shown, "the first message keeps what it says"
    assert "15:00 UTC" in message.shown
    assert slack.refused == []


@pytest.fixture
def slack_bot(slack: SlackServer, settings: Settings) -> dict[str, str]:
    settings.SLACK_URL = slack.url
    return {"token": TOKEN, "channel": "#general"}


def slack_channel(facts: MessageFacts, values: dict[str, str], first: FirstMessage | None = None) -> Any:
    return slack.send(notification(facts, values, first))


def test_slack_takes_the_longest_update_whole() -> None:
    said = slack_message(with_incident(text="word " * (LONGEST // 5)))
    assert block_kit.problems(said) == []
    assert any(text.count("word") == LONGEST // 5 for text in block_kit._texts(said["blocks"]))
    assert "Open the incident" in block_kit._texts(said["blocks"])


@given(text=HOSTILE, title=HOSTILE, commander=HOSTILE, place=HOSTILE, event=st.sampled_from(EVENTS))
def test_what_people_write_breaks_no_message(text: str, title: str, commander: str, place: str, event: str) -> None:
    facts = with_incident(text=text, title=f"x{title}", commander=commander, places=[place], event=event)
    said = slack_message(facts)
    assert block_kit.problems(said) == []
    assert "<!channel>" not in json.dumps(said)
    message = email_message(notification(facts, {}), "0b6f", "console@example.org", ["ada@example.org"], NOW)
    assert list(problems(bytes(message.message().as_bytes(linesep="\r\n")))) == []
    SCHEMA.validate(webhook.webhook_body(notification(facts, {})))


def test_an_email_threads_and_keeps_the_lines(server: MailServer) -> None:
    email_channel.send(notification(FACTS, {"to": "ada@example.org"}))
    (mail,) = server.mails
    assert mail.message["References"] == f"<{FACTS['episode']}@example.org>"
    assert mail.message["Subject"] == "🚨 SEV-1 INC-12, open: Orders fail"
    assert mail.message["Importance"] == "high"
    html = html_of(FACTS)
    assert "The cause is known.<br>\nA rollback runs." in html
    assert "Open the incident" in html


def test_a_webhook_gets_the_incident_and_no_alert() -> None:
    body = webhook.webhook_body(notification(FACTS, {}))
    SCHEMA.validate(body)
    assert body["incident"] == INCIDENT
    assert (body["kind"], body["key"], body["actor"]) == ("incident", FACTS["episode"], "Ada")
    assert "alert" not in body
    with pytest.raises(jsonschema_rs.ValidationError):
        SCHEMA.validate(webhook.webhook_body(notification(with_incident(event="new"), {})))


def test_a_pager_rings_for_one_person_and_for_no_update(pagerduty_server: PagerDutyServer) -> None:
    values = {"routing_key": ROUTING_KEY}
    assert pagerduty.send(notification(FACTS, values)) == Sent(pagerduty.NOTHING)
    due: MessageFacts = {**with_incident(event="told", text="You command it."), "kind": "incident_due"}
    sent = pagerduty.send(notification(due, values))
    assert isinstance(sent, Sent)
    assert sent.receipt == {"dedup_key": FACTS["message_id"]}, "apart from the alerts' own"
    assert pagerduty_server.refused == []


@pytest.fixture
def pagerduty_server(pagerduty: PagerDutyServer, settings: Settings) -> PagerDutyServer:
    settings.PAGERDUTY_URL = pagerduty.url
    return pagerduty


def test_jira_makes_no_issue_of_it(jira_values: dict[str, str]) -> None:
    for kind in ("incident", "incident_due"):
        outcome = jira.send(notification({**FACTS, "kind": kind}, jira_values))
        assert isinstance(outcome, Sent)
        assert outcome.response.startswith("Nothing was sent")


@pytest.fixture
def jira_values(jira: JiraServer) -> dict[str, str]:
    return dict(jira.values)


def test_other_services_get_the_text_with_the_link_first() -> None:
    body = apprise.body_of(FACTS)
    assert body.startswith(INCIDENT["url"])
    assert "A rollback runs" in body
