"""E-mails are taken by mail servers, thread, cannot be forged by events, and say what became of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from detections.alerts.channels import email as channel
from detections.alerts.channels.email_html import html_of
from detections.alerts.channels.email_message import email_message, subject_of
from detections.alerts.channels.messages import MessageFacts, render
from detections.alerts.channels.notification import Notification, Rejected, Retry, Sent
from detections.alerts.delivery_models import Delivery
from opsconsole.env.outgoing import mail_server as parsed
from opsconsole.lib import clock
from tests.detections.alerts.channels.test_slack_message import FACTS, HOSTILE, TEXTS
from tests.receivers import weather
from tests.receivers.certificates import Authority
from tests.receivers.mail import MailServer, problems

NOW = datetime(2026, 6, 12, 14, 4, tzinfo=UTC)
ADA, BOB = "ada@example.org", "bob@example.org"
TAGS = {"html", "head", "meta", "title", "style", "body", "table", "tr", "td", "h1", "a", "p", "strong"}
KINDS = [*Delivery.Kind.values, "test"]


@pytest.fixture
def server(mail_server: MailServer, settings: Settings) -> MailServer:
    settings.MAIL_SERVER = parsed(mail_server.url)
    settings.DEFAULT_FROM_EMAIL = "console@example.org"
    return mail_server


def to(*receivers: str, facts: MessageFacts = FACTS, delivery: int = 12) -> Notification:
    return Notification(delivery, "7c1f9d0a", "ops", "", facts, {"to": ", ".join(receivers)})


def the_one(server: MailServer) -> EmailMessage:
    (mail,) = server.mails
    return mail.message


def raw(facts: MessageFacts) -> bytes:
    message = email_message(to(ADA, facts=facts), "0b6f", "console@example.org", [ADA], NOW)
    return bytes(message.message().as_bytes(linesep="\r\n"))


def test_it_has_both_texts_and_the_headers_of_a_message_by_a_machine(server: MailServer) -> None:
    assert channel.send(to(ADA, BOB)) == Sent("127.0.0.1 took it for 2 of 2")
    message = the_one(server)
    assert message["Subject"] == "⚠️ High: DET-002-ERRORS on POST /api/solver/solve"
    assert (message["From"], message["To"]) == ("opsconsole <console@example.org>", f"{ADA}, {BOB}")
    assert message["Message-ID"] == "<opsconsole-delivery-12@example.org>"
    assert message["References"] == message["In-Reply-To"] == "<7c1f9d0a@example.org>"
    assert (message["Auto-Submitted"], message["Precedence"]) == ("auto-generated", "bulk")
    assert message["List-Unsubscribe"] is None
    assert server.mails[0].text().strip().replace("\r\n", "\n") == render(FACTS).text
    html = server.mails[0].text("html")
    assert 'href="https://ops.example.org/alerts/7/"' in html
    assert "Open the alert" in html
    assert "ValueError: Invalid date format: &quot;2025-13-45&quot;" in html


def test_each_attempt_is_the_same_message_and_another_message_of_the_episode_is_not(server: MailServer) -> None:
    facts: MessageFacts = FACTS | {"message_id": "0b6f2f5e"}
    server.forecast("451 later")
    assert channel.send(to(ADA, facts=facts)) == Retry("127.0.0.1: 451 later (its sender is OPSCONSOLE_EMAIL_FROM)")
    channel.send(to(ADA, facts=facts))
    channel.send(to(ADA, facts=facts))
    channel.send(to(ADA, facts=FACTS | {"message_id": "1c70", "kind": "resolved"}, delivery=13))
    ids = [mail.message["Message-ID"] for mail in server.mails]
    assert ids == ["<0b6f2f5e@example.org>", "<0b6f2f5e@example.org>", "<1c70@example.org>"]
    assert {mail.message["References"] for mail in server.mails} == {"<7c1f9d0a@example.org>"}


def test_a_critical_one_is_important_and_a_test_belongs_to_no_thread() -> None:
    assert b"\r\nImportance: high\r\n" in raw(FACTS | {"severity": "critical"})
    assert b"Importance" not in raw(FACTS)
    assert b"References" not in raw({"kind": "test", "title": "Ops", "url": "https://ops.example.org/x"})


def test_some_receivers_refused_are_told(server: MailServer) -> None:
    server.reject = {BOB}
    said = f"127.0.0.1 took it for 1 of 2, not for {BOB}: 550 no such user {BOB}"
    assert channel.send(to(ADA, BOB)) == Sent(said)


def test_5xx_is_rejected(server: MailServer) -> None:
    server.reject = {ADA}
    said = f"127.0.0.1 took it for nobody: {ADA}: 550 no such user {ADA}"
    assert channel.send(to(ADA)) == Rejected(said)


def test_a_server_that_hangs_is_tried_again(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", timedelta(seconds=0.2))
    server.climate = weather.hang()
    assert isinstance(channel.send(to(ADA)), Retry)


def test_a_wrong_certificate_is_tried_again_and_said(
    outbound_allowed: None, authority: Authority, settings: Settings
) -> None:
    with MailServer(starttls=authority.server("mail.example.org")) as wrong:
        settings.MAIL_SERVER = parsed(wrong.url)
        outcome = channel.send(to(ADA))
        assert isinstance(outcome, Retry)
        assert "its certificate is not trusted" in outcome.response
        assert wrong.mails == []


def test_without_a_mail_server_nothing_is_lost(settings: Settings) -> None:
    settings.MAIL_SERVER = None
    assert channel.send(to(ADA)) == Retry(channel.NO_SERVER)


@pytest.mark.parametrize(
    ("receivers", "problem"),
    [
        ("", "Enter the addresses"),
        ("ops@", "'ops@' is no address. Allowed: name@host"),
        ("ada@example.org\r\nBcc: eve@example.org", "is no address"),
        ("Ada <ada@example.org>", "is no address"),
        (",".join(f"a{n}@example.org" for n in range(51)), "51 addresses. Allowed: at most 50"),
    ],
)
def test_what_is_no_list_of_addresses_is_said(settings: Settings, receivers: str, problem: str) -> None:
    settings.MAIL_SERVER = parsed("smtp://mail")
    assert problem in channel.check({"to": receivers})["to"]
    outcome = channel.send(to(receivers))
    assert isinstance(outcome, Rejected)
    assert problem in outcome.response


def test_a_target_needs_the_mail_server_of_the_environment(settings: Settings) -> None:
    settings.MAIL_SERVER = None
    assert "OPSCONSOLE_EMAIL_URL" in channel.check({"to": ADA})["to"]
    settings.MAIL_SERVER = parsed("smtp://mail")
    assert channel.check({"to": f"{ADA}, {BOB}"}) == {}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://ops.example.org:8443/x", "ops.example.org"),
        ("http://127.0.0.1:8000", "[127.0.0.1]"),
        ("http://[::1]:8000", "[IPv6:::1]"),
        ("http://bücher.example", "localhost"),
    ],
)
def test_the_name_by_which_it_greets(url: str, name: str) -> None:
    assert channel.greeting(url) == name


@pytest.mark.parametrize("kind", KINDS)
def test_mail_servers_take_every_kind(kind: str) -> None:
    assert list(problems(raw(FACTS | {"kind": kind, "actor": "ada", "why": "it stopped"}))) == []


@pytest.mark.parametrize(
    "group", ["/käse/" + "ü" * 40, "/" + "x" * 200, "a " * 70 + "é", "=?utf-8?q?Resolved?=", "🚨" * 60]
)
def test_long_subjects_and_those_beyond_ascii_arrive_as_they_are(server: MailServer, group: str) -> None:
    channel.send(to(ADA, facts=FACTS | {"group": group}))
    channel.send(to(ADA, facts=FACTS | {"group": group, "kind": "test", "title": group}))
    assert [mail.message["Subject"] for mail in server.mails] == [
        render(FACTS | {"group": group}).headline,
        render({"kind": "test", "title": group}).headline,
    ]


class Seen(HTMLParser):
    """Tags, addresses of links, and text of a document."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.said = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.said += data


@given(
    facts=st.fixed_dictionaries(dict.fromkeys(TEXTS, HOSTILE), optional={"organization": HOSTILE, "why": HOSTILE}),
    kind=st.sampled_from(KINDS),
)
def test_no_text_of_an_event_gets_into_headers_tags_or_links(facts: dict[str, str], kind: str) -> None:
    plain: MessageFacts = {**dict.fromkeys(facts, "x"), "kind": kind, "url": "https://ops.example.org/alerts/7/"}  # type: ignore[typeddict-item]
    hostile: MessageFacts = {**facts, "kind": kind, "url": "https://ops.example.org/alerts/7/"}  # type: ignore[typeddict-item]
    message = raw(hostile)
    assert list(problems(message)) == []
    assert message.isascii()
    names = [line.partition(b":")[0] for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] != b" "]
    wanted = raw(plain).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert names == [line.partition(b":")[0] for line in wanted if line[:1] != b" "]
    subject = subject_of(hostile)
    assert len(subject) <= 150
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028]", subject)
    seen = Seen(html_of(hostile))
    assert set(seen.tags) <= TAGS
    assert set(seen.links) <= {"https://ops.example.org/alerts/7/"}


def test_html_tells_what_the_text_tells() -> None:
    said = " ".join(Seen(html_of(FACTS)).said.split())
    for block in render(FACTS).blocks:
        for row in block:
            assert row.name in said
            assert row.value in said


def test_addresses_of_other_schemes_are_no_links() -> None:
    assert "javascript" not in html_of(FACTS | {"url": "javascript:alert(1)"})


def test_the_time_is_that_of_the_attempt(server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    channel.send(to(ADA))
    assert the_one(server)["Date"] == "Fri, 12 Jun 2026 14:04:00 +0000"
