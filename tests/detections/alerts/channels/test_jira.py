"""A Jira that checks bodies: an issue for each alert, comments, and no second issue after a lost answer."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.channels import jira as channel
from detections.alerts.channels.jira_document import comment_body, episode_label, issue_body
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import FirstMessage, Notification, Rejected, Retry, Sent
from detections.alerts.delivery.sender import deliver
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import open_values
from opsconsole.accounts.models import User
from tests.detections.alerts.channels.test_slack_message import FACTS, HOSTILE, TEXTS
from tests.detections.alerts.delivery.queue import NOW, at, queue
from tests.receivers import weather
from tests.receivers.jira import TOKEN, JiraServer, document_problems, field_problems, links_of, text_of

KEY = "7c1f9d0a-52c7-4a43-8f0e-2f1f4b1d9c11"
LABEL = f"opsconsole-{KEY}"


def about(jira: JiraServer, kind: str = "firing", first: FirstMessage | None = None, **changed: Any) -> Notification:
    facts: MessageFacts = {**FACTS, "kind": kind, "actor": "ada", "why": "it stopped", "meant_for": "#ops"}
    values = {**jira.values, **changed.pop("values", {})}
    return Notification(1, KEY, "ops", "jira", facts, values, first, **changed)


def opened(jira: JiraServer) -> FirstMessage:
    sent = channel.send(about(jira))
    assert isinstance(sent, Sent)
    return FirstMessage(FACTS, sent.receipt)


def test_an_alert_makes_one_issue_that_says_what_happened(jira: JiraServer) -> None:
    sent = channel.send(about(jira, values={"issue_type": "Bug", "labels": "alerts, production"}))
    assert sent == Sent("OPS-1 was created.", {"issue": "OPS-1"})
    (issue,) = jira.issues.values()
    assert issue.fields["summary"] == "⚠️ High: DET-002-ERRORS on POST /api/solver/solve"
    assert issue.fields["issuetype"] == {"name": "Bug"}
    assert issue.fields["labels"] == [LABEL, "alerts", "production"]
    assert 'Message: ValueError: Invalid date format: "2025-13-45"' in issue.shown
    assert "👤 Affected users: 2" in issue.shown
    assert issue.shown.endswith("For #ops · Alert 7 in opsconsole")
    assert links_of(issue.fields["description"]) == [FACTS["url"]]
    assert jira.refused == []


def test_a_rise_in_severity_and_the_end_are_comments_and_the_rest_says_that_nothing_was_sent(jira: JiraServer) -> None:
    first = opened(jira)
    for kind in ("acknowledged", "reminder", "expired", "flapping"):
        passed = channel.send(about(jira, kind, first))
        assert isinstance(passed, Sent)
        assert passed.response.startswith("Nothing was sent: OPS-1 gets")
    for kind in ("severity", "resolved"):
        assert channel.send(about(jira, kind, first)) == Sent("OPS-1 got a comment.")
    worse, end = map(text_of, jira.issues["OPS-1"].comments)
    assert worse.startswith("⚠️ Now high: DET-002-ERRORS")
    assert "Events: 5" in worse
    assert end.splitlines() == [
        "✅ Resolved by ada: DET-002-ERRORS on POST /api/solver/solve",
        "it stopped",
        "Alert 7 in opsconsole",
    ]
    assert (len(jira.issues), jira.refused) == (1, [])


@pytest.mark.parametrize("kind", ["severity", "reminder", "expired"])
def test_a_target_that_hears_of_an_alert_later_gets_its_issue(jira: JiraServer, kind: str) -> None:
    sent = channel.send(about(jira, kind))
    assert isinstance(sent, Sent)
    assert sent.receipt == {"issue": "OPS-1"}
    assert jira.issues["OPS-1"].fields["summary"].startswith("⚠️ High: DET-002-ERRORS")


@pytest.mark.parametrize("kind", ["resolved", "acknowledged", "flapping"])
def test_an_end_without_an_issue_makes_none(jira: JiraServer, kind: str) -> None:
    assert channel.send(about(jira, kind)) == Sent("Nothing was sent: the alert has no issue.")
    assert jira.issues == {}


def test_after_a_lost_answer_the_issue_is_found_and_not_made_again(jira: JiraServer) -> None:
    opened(jira)  # and the answer was lost: the next attempt knows nothing of it
    again = channel.send(about(jira, attempt=2))
    assert again == Sent("OPS-1 was there.", {"issue": "OPS-1"})
    assert len(jira.issues) == 1
    assert [received.path for received in jira.received] == ["/rest/api/3/issue", "/rest/api/3/search/jql"]
    assert channel.send(about(jira, "resolved")) == Sent("OPS-1 got a comment.")
    assert jira.refused == []


def test_the_messages_of_a_policys_group_share_one_issue(jira: JiraServer) -> None:
    def told(kind: str) -> Notification:
        notification = about(jira, kind)
        return replace(notification, facts={**notification.facts, "key": KEY})

    said = [channel.send(told(kind)).response for kind in ("firing", "firing", "repeated", "resolved")]
    assert said[:2] == ["OPS-1 was created.", "OPS-1 got a comment."]
    assert said[2].startswith("Nothing was sent: OPS-1 gets")
    assert said[3] == "OPS-1 got a comment."
    assert (len(jira.issues), len(jira.issues["OPS-1"].comments), jira.refused) == (1, 2, [])


def test_the_issues_of_other_alerts_and_of_nothing_are_not_taken_for_it(jira: JiraServer) -> None:
    opened(jira)
    jira.issues["OPS-1"].fields["labels"] = [f"{LABEL}0"]
    assert channel.send(about(jira, attempt=2)) == Sent("OPS-2 was created.", {"issue": "OPS-2"})


def test_a_first_attempt_costs_one_request_and_one_without_answer_waits_for_the_search(jira: JiraServer) -> None:
    jira.forecast(weather.reset(), weather.status(503), weather.status(201, b"<html>"), weather.too_many(7))
    outcomes = [channel.send(about(jira)) for _ in range(4)]
    assert [type(outcome) for outcome in outcomes] == [Retry] * 4
    pauses = [outcome.after for outcome in outcomes if isinstance(outcome, Retry)]
    assert pauses == [channel.SEARCH_LAG] * 3 + [timedelta(seconds=7)]
    assert len(jira.received) == 4


def test_a_search_that_fails_makes_no_issue(jira: JiraServer) -> None:
    for bad in (weather.status(500), weather.status(200, b"[]"), weather.status(200, b'{"issues": [1]}')):
        jira.forecast(bad)
        assert isinstance(channel.send(about(jira, attempt=2)), Retry)
    assert jira.issues == {}


def test_where_the_issue_is_gone_a_rise_makes_another_and_an_end_says_so(jira: JiraServer) -> None:
    first = opened(jira)
    jira.issues.clear()
    refused = channel.send(about(jira, "resolved", first))
    assert isinstance(refused, Rejected)
    assert "is not there, or the account may not see it" in refused.response
    again = channel.send(about(jira, "severity", first))
    assert isinstance(again, Sent)
    assert again.receipt == {"issue": "OPS-1"}


@pytest.mark.parametrize(
    ("values", "status", "advice"),
    [
        ({"token": "hunter2-wrong"}, "401", "The e-mail or the token is not valid"),
        ({"project": "NOPE"}, "400", "Check the project's key"),
        ({"issue_type": "Incident"}, "400", "The project has no such issue type"),
    ],
)
def test_what_jira_refuses_says_what_to_do(jira: JiraServer, values: dict[str, str], status: str, advice: str) -> None:
    refused = channel.send(about(jira, values=values))
    assert isinstance(refused, Rejected)
    assert refused.response.startswith(status)
    assert advice in refused.response


def test_the_login_is_in_no_answer_that_is_shown(jira: JiraServer) -> None:
    login = base64.b64encode(f"{jira.values['email']}:{TOKEN}".encode())
    jira.forecast(weather.status(400, b"for " + login), weather.status(500, b"x" * 150 + login))
    for _ in range(2):
        assert login.decode()[:12] not in channel.send(about(jira)).response


def test_bad_weather(jira: JiraServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", timedelta(seconds=0.2))
    jira.forecast(weather.hang(), weather.close_early(), weather.redirect("/login"), weather.status(403))
    outcomes = [channel.send(about(jira)) for _ in range(4)]
    assert [type(outcome) for outcome in outcomes] == [Retry, Retry, Rejected, Rejected]
    assert all(TOKEN not in outcome.response for outcome in outcomes)


def test_a_key_of_an_answer_leads_to_no_other_path(jira: JiraServer) -> None:
    jira.forecast(weather.status(201, json.dumps({"key": "../../OPS-1"}).encode()))
    assert isinstance(channel.send(about(jira)), Retry)


@given(
    facts=st.fixed_dictionaries(dict.fromkeys(TEXTS, HOSTILE), optional={"organization": HOSTILE, "why": HOSTILE}),
    kind=st.sampled_from([*Delivery.Kind.values, "test"]),
    meant=HOSTILE,
)
def test_whatever_an_event_says_jira_takes_it_and_nothing_is_linked(
    facts: dict[str, str], kind: str, meant: str
) -> None:
    hostile: MessageFacts = FACTS | {"kind": kind, "meant_for": meant} | facts  # type: ignore[assignment,typeddict-item]
    body = issue_body(hostile, "OPS", "Task", ["a"])
    assert list(field_problems(body)) == []
    comment = comment_body(hostile)["body"]
    assert list(document_problems(comment)) == []
    assert links_of(body["fields"]["description"]) == links_of(comment) == [FACTS["url"]]


def test_without_an_address_nothing_is_linked() -> None:
    for url in ("", "javascript:alert(1)"):
        body = issue_body(FACTS | {"url": url}, "OPS", "Task", [])
        assert list(field_problems(body)) == []
        assert links_of(body["fields"]["description"]) == []


@given(st.text(max_size=400))
def test_a_label_has_no_blanks_and_ends_no_query(key: str) -> None:
    label = episode_label(key)
    assert 0 < len(label) <= 255
    assert label.isascii()
    assert not set(label) & set(" \t\n\"'\\")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"site": ""}, "site"),
        ({"site": "example.atlassian.net"}, "site"),
        ({"site": "https://169.254.169.254/"}, "site"),
        ({"site": "https://example.atlassian.net/?a"}, "site"),
        ({"email": "ada"}, "email"),
        ({"token": ""}, "token"),
        ({"project": 'OPS" OR project = "HR'}, "project"),
        ({"project": "ops"}, "project"),
        ({"labels": "a " + "b" * 256}, "labels"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(jira: JiraServer, changed: dict[str, str], field: str) -> None:
    assert channel.check(jira.values) == {}
    assert list(channel.check({**jira.values, **changed})) == [field]


@pytest.mark.usefixtures("notification_policies")
def test_a_stored_token_is_not_sent_to_another_site(client: Client, jira: JiraServer) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    data = {f"jira_{name}": value for name, value in jira.values.items()}
    data |= {"name": "Tickets", "channel": "jira", "address": "#tickets", "enabled": "on"}
    client.post("/admin/detections/target/add/", data)
    target = Target.objects.get(name="Tickets")
    page, elsewhere = f"/admin/detections/target/{target.pk}/change/", jira.values["site"] + "/other"
    kept = client.post(page, {**data, "jira_token": "", "jira_email": "ada@example.org"})
    assert kept.status_code == 302
    refused = client.post(page, {**data, "jira_token": "", "jira_site": elsewhere})
    assert list(refused.context["adminform"].form.errors) == ["jira_token"]
    assert "Enter it again, since it would be sent to another site." in refused.content.decode()
    target.refresh_from_db()
    assert open_values(target) == {**jira.values, "email": "ada@example.org"}
    assert client.post(page, {**data, "jira_token": "another", "jira_site": elsewhere}).status_code == 302
    target.refresh_from_db()
    assert open_values(target) == {**jira.values, "token": "another", "site": elsewhere}


@pytest.mark.usefixtures("notification_policies")
def test_a_target_is_made_in_the_admin_and_gets_the_alerts_of_its_policy(client: Client, jira: JiraServer) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    data = {f"jira_{name}": value for name, value in jira.values.items()}
    data |= {"name": "Tickets", "channel": "jira", "address": "#tickets", "enabled": "on", "jira_labels": "alerts"}
    assert client.post("/admin/detections/target/add/", data).status_code == 302
    target = Target.objects.get(name="Tickets")
    assert "token" not in target.settings
    assert open_values(target) == {**jira.values, "labels": "alerts"}
    assert TOKEN not in client.get(f"/admin/detections/target/{target.pk}/change/").content.decode()
    said = client.post(f"/admin/detections/target/{target.pk}/test/", follow=True).content.decode()
    assert "OPS-1 was created: close or delete it." in said
    (message,) = queue(1, "#tickets")
    jira.forecast(weather.reset())
    deliver(at(NOW))
    deliver(at(NOW + channel.SEARCH_LAG))
    message.refresh_from_db()
    assert (message.status, message.tries, message.receipt) == ("sent", 2, {"issue": "OPS-2"})
    assert jira.received[-2].path.endswith("/search/jql")
    assert jira.refused == []
