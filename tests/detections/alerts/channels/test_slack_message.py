"""Slack takes every message, and what hostile events say mentions nobody and links nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.slack_message import escaped, slack_message
from detections.alerts.delivery.message_groups import LISTED
from detections.alerts.delivery_models import Delivery
from tests.receivers import block_kit

FACTS: MessageFacts = {
    "kind": "firing",
    "alert": 7,
    "url": "https://ops.example.org/alerts/7/",
    "rule": "DET-002-ERRORS",
    "title": "Error rate",
    "severity": "high",
    "group": "POST /api/solver/solve",
    "environment": "production",
    "message": 'ValueError: Invalid date format: "2025-13-45"',
    "release": "v1.2.0 (abc123)",
    "first_seen": "2026-06-12T14:03:00+00:00",
    "events": 5,
    "users": 2,
    "organization": "org_456 (Church of the Valley)",
}
LINK = "<https://ops.example.org/alerts/7/|Alert 7>"
HOSTILE = st.text(st.sampled_from("<>&!@#|*_`~\n abcCHANNEL…🚨\u202e") | st.characters(codec="utf-8"), max_size=2000)
TEXTS = ("rule", "title", "group", "project", "environment", "host", "cause", "owner", "sentence", "message", "release")


def texts(message: dict[str, Any]) -> str:
    return "\n".join([message["text"], *block_kit._texts(message["blocks"])])


def test_the_layout_is_that_of_the_message_contract() -> None:
    header, message, fields, button, context = slack_message(FACTS, "#engineering")["blocks"]
    assert header["text"]["text"] == "⚠️ High: DET-002-ERRORS on POST /api/solver/solve"
    assert message["text"]["text"] == '*Message:* ValueError: Invalid date format: "2025-13-45"'
    assert [field["text"] for field in fields["fields"]] == [
        "*Environment:* production",
        "*Release:* v1.2.0 (abc123)",
        "*First seen:* 2026-06-12 14:03 UTC",
        "*Events:* 5",
        "*👤 Affected users:* 2",
        "*🏢 Organization:* org_456 (Church of the Valley)",
    ]
    assert button["elements"][0]["url"] == FACTS["url"]
    assert context["elements"][0]["text"] == f"For #engineering · {LINK} · DET-002-ERRORS Error rate"


def test_a_test_message_links_too_and_without_an_address_nothing_does() -> None:
    link = "<https://ops.example.org/a%7Cb?c&amp;d|Open it>"
    said = slack_message({"kind": "test", "url": "https://ops.example.org/a|b?c&d"})
    assert link in texts(said)
    assert block_kit.problems(said) == []
    assert "Alert 7" in texts(slack_message(FACTS | {"url": ""}))
    assert "<" not in texts(slack_message(FACTS | {"url": "javascript:alert(1)"}))


@pytest.mark.parametrize("kind", [*Delivery.Kind.values, "test"])
def test_every_kind_of_message_is_taken(kind: str) -> None:
    message = slack_message(FACTS | {"kind": kind, "actor": "ada", "why": "it stopped"})
    assert block_kit.problems(message) == []


@given(
    facts=st.fixed_dictionaries(dict.fromkeys(TEXTS, HOSTILE), optional={"organization": HOSTILE, "why": HOSTILE}),
    kind=st.sampled_from([*Delivery.Kind.values, "test"]),
    meant=HOSTILE,
)
def test_whatever_an_event_says_slack_takes_it_and_nobody_is_mentioned(
    facts: dict[str, str], kind: str, meant: str
) -> None:
    hostile: MessageFacts = FACTS | {"kind": kind} | facts  # type: ignore[assignment,typeddict-item]
    message = slack_message(hostile, meant)
    assert block_kit.problems(message) == []
    said = texts(message)
    assert said.count(LINK) == 1
    assert not set("<>") & set(said.replace(LINK, ""))


def test_the_longest_values_stay_within_the_limits() -> None:
    longest: Any = dict.fromkeys((*TEXTS, "organization", "why", "actor"), "<&>" * 3000)
    message = slack_message(FACTS | longest, "#" + "&" * 500)
    assert block_kit.problems(message) == []


def test_a_message_about_many_alerts_stays_within_the_limits_and_names_each() -> None:
    def about(name: str) -> dict[str, Any]:
        alert = {"state": "new", "severity": "high", "rule": "DET-1", "group": name, "sentence": name}
        facts: Any = {"alerts": [alert] * LISTED, "alert_counts": {"new": 99}, "grouped_by": name, "tags": name}
        return slack_message(FACTS | facts, "#" + name)

    hostile = about("&" * 500)
    assert block_kit.problems(hostile) == []
    assert texts(hostile).count("New, high: DET-1 on &amp;") == LISTED
    assert "a" * 200 in texts(about("a" * 500)), "others are not cut"


def test_an_injected_mention_and_a_link_are_text() -> None:
    message = slack_message(FACTS | {"message": "<!channel> <@U1> <https://evil.example|log in>", "group": "<!here>"})
    assert "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|log in&gt;" in texts(message)
    assert block_kit.mentions(texts(message)) == []
    mrkdwn = [block["text"] for block in message["blocks"] if block["type"] == "section" and "text" in block]
    assert all(text["verbatim"] for text in mrkdwn)


@given(st.text(st.sampled_from("&<>a"), max_size=60), st.integers(1, 40))
def test_a_cut_splits_no_escape(text: str, limit: int) -> None:
    cut = escaped(text, limit)
    assert len(cut) <= limit
    assert list(block_kit.unescaped(cut.replace("&gt;", "").replace("&lt;", ""))) == []
