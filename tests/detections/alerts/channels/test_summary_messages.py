"""A daily summary in each channel: within its limits, whatever is in it, and what is left out is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.channels.email_html import html_of
from detections.alerts.channels.messages import MessageFacts, render
from detections.alerts.channels.notification import Notification
from detections.alerts.channels.slack_message import slack_message
from detections.alerts.channels.summary_facts import SummaryFacts, SummarySection
from detections.alerts.channels.webhook import webhook_body
from tests.detections.alerts.channels.test_email import TAGS, Seen, raw
from tests.detections.alerts.channels.test_slack_message import HOSTILE, texts
from tests.detections.alerts.channels.test_webhook import SCHEMA
from tests.receivers import block_kit
from tests.receivers.mail import problems

HERE = "https://ops.example.org/alerts/summaries/2026-06-12/"


def section(title: str, *items: str, total: int = 0, name: str = "alerts") -> SummarySection:
    lines = [{"text": item, "url": f"https://ops.example.org/alerts/{n}/"} for n, item in enumerate(items)]
    return {"name": name, "title": title, "total": total or len(items), "items": lines}  # type: ignore[typeddict-item]


def summary(*sections: SummarySection) -> MessageFacts:
    said: SummaryFacts = {
        "day": "2026-06-12",
        "since": "2026-06-11T09:00:00-04:00",
        "until": "2026-06-12T09:00:00-04:00",
        "sections": list(sections),
    }
    return {"kind": "summary", "title": "Daily summary of 2026-06-12", "url": HERE, "summary": said}


FACTS = summary(section("2 medium alerts", "DET-1 on /a", "DET-2 on /b"), section("1 checklist in progress", "Beta"))


def test_as_text() -> None:
    assert render(FACTS).text == (
        "🗒 Daily summary of 2026-06-12: 2 medium alerts, 1 checklist in progress\n\n"
        "From 2026-06-11 09:00 to 2026-06-12 09:00 (UTC-04:00).\n\n"
        "2 medium alerts\n• DET-1 on /a\n• DET-2 on /b\n\n"
        "1 checklist in progress\n• Beta\n\n"
        f"🔗 Open in opsconsole: {HERE}"
    )


def test_in_slack() -> None:
    header, period, alerts, runs, button, link = slack_message(FACTS)["blocks"]
    assert header["text"]["text"] == "🗒 Daily summary of 2026-06-12: 2 medium alerts, 1 checklist in progress"
    assert period["text"]["text"] == "From 2026-06-11 09:00 to 2026-06-12 09:00 (UTC-04:00)."
    assert alerts["text"]["text"] == (
        "*2 medium alerts*\n• <https://ops.example.org/alerts/0/|DET-1 on /a>\n"
        "• <https://ops.example.org/alerts/1/|DET-2 on /b>"
    )
    assert runs["text"]["text"].startswith("*1 checklist in progress*\n")
    assert button["elements"][0]["url"] == HERE
    assert link["elements"][0]["text"] == f"<{HERE}|Open it>"


def test_in_html() -> None:
    seen = Seen(html_of(FACTS))
    assert set(seen.tags) <= TAGS | {"h2", "ul", "li"}
    alerts = [f"https://ops.example.org/alerts/{number}/" for number in (0, 1, 0)]
    assert seen.links == [*alerts, HERE, HERE]
    assert "2 medium alerts" in seen.said
    assert "Open the summary" in seen.said


def test_a_day_without_anything_says_so_everywhere() -> None:
    empty = summary()
    for said in (render(empty).text, texts(slack_message(empty)), Seen(html_of(empty)).said):
        assert "nothing to report" in said
        assert "Nothing to report: no alert" in said
    assert block_kit.problems(slack_message(empty)) == []
    SCHEMA.validate(body_of(empty))


def test_what_is_left_out_is_counted() -> None:
    many = summary(section("70 medium alerts", *(f"DET-{n}" for n in range(50)), total=70))
    assert "• and 60 more" in render(many).text
    assert "and 60 more" in Seen(html_of(many)).said
    assert "• and 62 more" in texts(slack_message(many))
    assert len(body_of(many)["summary"]["sections"][0]["items"]) == 50


@pytest.mark.parametrize("name", ["since", "until"])
def test_utc_is_named(name: str) -> None:
    said = summary()
    said["summary"][name] = "2026-06-12T09:00:00+00:00"  # type: ignore[literal-required]
    said["summary"]["until"] = "2026-06-12T09:00:00+00:00"
    assert "(UTC+00:00)" in render(said).text


ITEMS = st.lists(HOSTILE, max_size=30)
SECTIONS = st.lists(st.builds(lambda title, items, more: section(title, *items, total=len(items) + more),
    st.text("<>&|*0 ab🚨", max_size=300), ITEMS, st.integers(0, 1000)), max_size=12)  # fmt: skip


@given(sections=SECTIONS)
def test_whatever_is_in_it_each_receiver_takes_it(sections: list[SummarySection]) -> None:
    facts = summary(*sections)
    message = slack_message(facts)
    assert block_kit.problems(message) == []
    assert block_kit.mentions(texts(message)) == []
    assert list(problems(raw(facts))) == []
    seen = Seen(html_of(facts))
    assert set(seen.tags) <= TAGS | {"h2", "ul", "li"}
    assert {link.partition("alerts/")[0] for link in seen.links} == {"https://ops.example.org/"}
    assert len(render(facts).headline) <= 150


def body_of(facts: MessageFacts) -> dict[str, Any]:
    return webhook_body(Notification(1, "k", "ops", "", facts))
