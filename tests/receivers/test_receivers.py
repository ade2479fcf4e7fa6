"""The stand-ins answer as the services do, remember what they took and refuse what the services refuse."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import socket
import ssl
import urllib.request
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from opsconsole.lib.outbound.client import Answer, request
from tests.receivers import weather
from tests.receivers.certificates import Authority
from tests.receivers.fixtures import LOOPBACK, WEBHOOK_SECRET
from tests.receivers.http_receiver import HttpReceiver
from tests.receivers.mail import MailServer
from tests.receivers.pagerduty import ROUTING_KEY, PagerDutyServer
from tests.receivers.slack import TOKEN, SlackServer
from tests.receivers.webhook import WebhookServer


def post(url: str, body: Any, **headers: str) -> Answer:
    named = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return request("POST", url, body=json.dumps(body).encode(), headers=named, allow=LOOPBACK)


def api(slack: SlackServer, method: str, body: Any, token: str = TOKEN) -> Any:
    answer = post(f"{slack.url}/api/{method}", body, Authorization=f"Bearer {token}")
    assert answer.status == 200
    return json.loads(answer.body)


class TestSlack:
    def test_a_webhook_posts_to_its_channel(self, slack: SlackServer) -> None:
        answer = post(slack.hook, {"text": "hello <!here>"})
        assert (answer.status, answer.body) == (200, b"ok")
        (message,) = slack.in_channel("general")
        assert (message.text, message.mentions) == ("hello <!here>", ["here"])
        assert slack.refused == []

    @pytest.mark.parametrize(
        ("body", "status", "told"),
        [
            ({"text": "a < b"}, 400, b"invalid_blocks"),
            ({}, 400, b"no_text"),
            ({"text": "x", "channel": "#a"}, 400, b"inv"),
        ],
    )
    def test_a_webhook_refuses(self, slack: SlackServer, body: Any, status: int, told: bytes) -> None:
        answer = post(slack.hook, body)
        assert answer.status == status
        assert answer.body.startswith(told)
        assert len(slack.refused) == 1
        assert slack.messages == []

    def test_webhooks_that_are_gone(self, slack: SlackServer) -> None:
        assert post(f"{slack.url}/services/T0/B0/other", {"text": "x"}).body == b"no_service"
        slack.archived = set(slack.channels.values())
        assert post(slack.hook, {"text": "x"}).status == 410

    def test_a_bot_posts_answers_in_threads_and_updates(self, slack: SlackServer) -> None:
        assert api(slack, "auth.test", {})["team"] == "Test"
        first = api(slack, "chat.postMessage", {"channel": "#general", "text": "firing"})
        assert first["ok"]
        place = {"channel": first["channel"], "ts": first["ts"]}
        assert api(slack, "chat.update", {**place, "text": "acknowledged"})["ts"] == first["ts"]
        reply = {"channel": first["channel"], "thread_ts": first["ts"], "text": "resolved"}
        assert api(slack, "chat.postMessage", reply)["ok"]
        (message,) = slack.in_channel("general")
        assert [each["text"] for each in message.versions] == ["firing", "acknowledged"]
        assert [each.text for each in slack.thread(message)] == ["resolved"]
        assert slack.refused == []

    @pytest.mark.parametrize(
        ("method", "body", "error"),
        [
            ("chat.postMessage", {"channel": "#nowhere", "text": "x"}, "channel_not_found"),
            ("chat.postMessage", {"channel": "#general"}, "no_text"),
            ("chat.postMessage", {"channel": "#general", "text": "x", "blocks": [{"type": "x"}]}, "invalid_blocks"),
            ("chat.postMessage", {"channel": "#general", "text": "x", "thread_ts": "1.2"}, "thread_not_found"),
            ("chat.update", {"channel": "#general", "ts": "1.2", "text": "x"}, "channel_not_found"),
            ("chat.update", {"channel": "C00000001", "ts": "1.2", "text": "x"}, "message_not_found"),
            ("chat.delete", {}, "unknown_method"),
        ],
    )
    def test_the_api_refuses(self, slack: SlackServer, method: str, body: Any, error: str) -> None:
        answer = api(slack, method, body)
        assert (answer["ok"], answer["error"]) == (False, error)
        assert len(slack.refused) == 1

    def test_the_api_wants_its_token(self, slack: SlackServer) -> None:
        assert api(slack, "auth.test", {}, token="other")["error"] == "invalid_auth"
        assert json.loads(post(f"{slack.url}/api/auth.test", {}).body)["error"] == "not_authed"


class TestPagerDuty:
    def event(self, action: str, **changes: Any) -> dict[str, Any]:
        payload = {"summary": "x" * 1024, "source": "raptor/prod", "severity": "critical"}
        event = {"routing_key": ROUTING_KEY, "event_action": action, "dedup_key": "k" * 255}
        return {**event, **({"payload": payload} if action == "trigger" else {}), **changes}

    def test_an_incident(self, pagerduty: PagerDutyServer) -> None:
        states = []
        for action in ("trigger", "acknowledge", "trigger", "resolve", "acknowledge", "trigger"):
            answer = post(f"{pagerduty.url}/v2/enqueue", self.event(action))
            assert (answer.status, json.loads(answer.body)["dedup_key"]) == (202, "k" * 255)
            states.append(pagerduty.incidents["k" * 255])
        assert states == ["triggered", "acknowledged", "acknowledged", "resolved", "resolved", "triggered"]
        assert len(pagerduty.paged) == 2, "a trigger of an open incident pages nobody"
        assert pagerduty.refused == []

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"routing_key": "short"}, "Length of 'routing_key' is incorrect (should be 32 characters)"),
            ({"routing_key": "f" * 32}, "Invalid routing key"),
            ({"event_action": "escalate"}, "'event_action'"),
            ({"dedup_key": "k" * 256}, "'dedup_key'"),
            ({"payload": None}, "'payload' is missing"),
            ({"payload": {"summary": "x", "severity": "error"}}, "'payload.source'"),
            ({"payload": {"summary": "x" * 1025, "source": "y", "severity": "error"}}, "more than 1024"),
            ({"payload": {"summary": "x", "source": "y", "severity": "P1"}}, "'payload.severity' is 'P1'"),
            ({"payload": {"summary": "x", "source": "y", "severity": "info", "timestamp": "now"}}, "ISO 8601"),
            ({"links": [{"href": "/alerts/1"}]}, "'links'"),
            ({"links": ["https://ops.example.org"]}, "'links' has one without a URL"),
            ({"links": {"href": "https://ops.example.org"}}, "'links' is no list"),
            ({"links": [{"href": "https://ops.example.org", "text": None}]}, "'links' has one with other keys"),
            ({"images": [{"src": "http://ops.example.org/a.png"}]}, "'images' has one without a URL"),
            ({"images": [{"src": "https://a.example/a.png", "title": "a"}]}, "'images' has one with other keys"),
            ({"client_url": None}, "'client_url' is no text"),
            ({"priority": "P1"}, "unknown ['priority']"),
            (
                {"payload": {"summary": "x", "source": "y", "severity": "info", "priority": "P1"}},
                "unknown ['priority']",
            ),
        ],
    )
    def test_events_that_are_refused(self, pagerduty: PagerDutyServer, changes: dict[str, Any], told: str) -> None:
        answer = post(f"{pagerduty.url}/v2/enqueue", self.event("trigger", **changes))
        assert answer.status == 400
        assert told in json.loads(answer.body)["errors"][0]
        assert pagerduty.events == []

    def test_what_else_is_refused(self, pagerduty: PagerDutyServer) -> None:
        url = f"{pagerduty.url}/v2/enqueue"
        assert post(url, self.event("resolve", dedup_key=None)).status == 400
        assert post(url, self.event("trigger", more="x" * 600_000)).status == 413
        assert post(f"{pagerduty.url}/v1/enqueue", self.event("trigger")).status == 404
        assert len(pagerduty.refused) == 3


class TestWebhook:
    def signed(self, body: bytes, at: int, secret: str = WEBHOOK_SECRET) -> dict[str, str]:
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Opsconsole-Signature": f"t={at},v1={digest}"}

    def test_only_what_is_signed_in_time_is_taken(self, outbound_allowed: None) -> None:
        body = b'{"kind": "alert"}'
        with WebhookServer(WEBHOOK_SECRET, clock=lambda: 1_000_000.5) as server:
            for headers in (
                self.signed(body, 1_000_000),
                {},
                self.signed(body, 1_000_000, "other"),
                self.signed(body + b" ", 1_000_000),
                self.signed(body, 999_600),
                self.signed(body, 1_000_400),
            ):
                request("POST", server.url, body=body, headers=headers, allow=LOOPBACK)
        assert server.bodies == [{"kind": "alert"}]
        assert [why.partition(" ")[2] for why in server.refused] == [
            "is missing or has another form",
            *["signature is of another secret, time or body"] * 2,
            *["signature is too old"] * 2,
        ]


class TestMail:
    def test_a_message_of_django(self, mail_server: MailServer) -> None:
        mail = EmailMultiAlternatives("Über", "y" * 5000, "console@example.org", ["ada@example.org"])
        mail.attach_alternative("<p>y</p>", "text/html")
        assert mail.send() == 1
        (taken,) = mail_server.mails
        assert (taken.sender, taken.receivers, taken.secure, taken.user) == (
            *("console@example.org", ("ada@example.org",)),
            *(False, ""),
        )
        assert taken.message["Subject"] == "Über"
        assert (taken.text().strip(), taken.text("html").strip()) == ("y" * 5000, "<p>y</p>")
        assert mail_server.refused == []

    @pytest.mark.parametrize("start", [False, True])
    def test_logins_over_tls(self, authority: Authority, start: bool) -> None:
        context = authority.server("127.0.0.1")
        trusted = ssl.create_default_context(cafile=authority.file)
        tls = {"starttls": context} if start else {"tls": context}
        with MailServer(login=("ada", "hunter2"), **tls) as server:
            for password in ("hunter2", "other"):
                client: smtplib.SMTP
                if start:
                    client = smtplib.SMTP(server.host, server.port)
                    client.starttls(context=trusted)
                else:
                    client = smtplib.SMTP_SSL(server.host, server.port, context=trusted)
                with client:
                    if password == "other":
                        with pytest.raises(smtplib.SMTPAuthenticationError):
                            client.login("ada", password)
                        continue
                    client.login("ada", password)
                    client.send_message(self.message())
        assert [(mail.secure, mail.user) for mail in server.mails] == [(True, "ada")]

    def message(self, **headers: str) -> EmailMessage:
        message = EmailMessage()
        given = {"From": "a@b.example", "To": "c@d.example", "Subject": "x", "Message-ID": "<1@b.example>"}
        for name, value in {**given, "Date": "Sun, 29 Nov 2026 03:00:00 +0000", **headers}.items():
            message[name.replace("_", "-")] = value
        message.set_content("hello")
        return message

    @pytest.mark.parametrize(
        ("raw", "told"),
        [
            (b"Subject: x\r\n\r\nhello\r\n", "0 headers From, not one"),
            (b"Subject: x\r\nSubject: y\r\n\r\nhello\r\n", "2 headers Subject, not one"),
            (b"Subject: x\r\n\r\n" + b"y" * 999 + b"\r\n", "a line of 999 bytes, more than 998"),
            (b"Subject: \xc3\xbcber\r\n\r\nhello\r\n", "headers that are not ASCII"),
            (b"Message-ID: 1\r\n\r\nhello\r\n", "a Message-ID that is none"),
            (b"References: <1@a> 2\r\n\r\nhello\r\n", "References with something that is no Message-ID"),
        ],
    )
    def test_messages_that_are_refused(self, mail_server: MailServer, raw: bytes, told: str) -> None:
        with (
            smtplib.SMTP(mail_server.host, mail_server.port) as client,
            pytest.raises(smtplib.SMTPDataError) as refused,
        ):
            client.sendmail("a@b.example", ["c@d.example"], raw)
        assert told in refused.value.smtp_error.decode()
        assert mail_server.mails == []

    def test_replies_and_receivers(self, mail_server: MailServer) -> None:
        mail_server.reject = {"nobody@d.example"}
        mail_server.forecast("451 later", "421 closing")
        with smtplib.SMTP(mail_server.host, mail_server.port) as client:
            with pytest.raises(smtplib.SMTPSenderRefused, match="later"):
                client.send_message(self.message())
            with pytest.raises(smtplib.SMTPSenderRefused, match="closing"):
                client.send_message(self.message())
        with smtplib.SMTP(mail_server.host, mail_server.port) as client:
            refused = client.send_message(self.message(), to_addrs=["nobody@d.example", "c@d.example"])
        assert list(refused) == ["nobody@d.example"]
        assert [mail.receivers for mail in mail_server.mails] == [("c@d.example",)]

    @pytest.mark.parametrize("bad", [weather.hang(), weather.drip(b"250 ok\r\n", 0.2), weather.close_at_once()])
    def test_weather(self, mail_server: MailServer, bad: weather.Weather) -> None:
        mail_server.climate = bad
        with smtplib.SMTP(mail_server.host, mail_server.port) as client:
            client.ehlo()
            client.sock.settimeout(0.1)
            with pytest.raises((OSError, smtplib.SMTPServerDisconnected)):
                client.send_message(self.message())
        assert mail_server.mails == []


def test_weather_is_given_once_and_climate_for_ever(receiver: HttpReceiver) -> None:
    receiver.climate = weather.status(500)
    receiver.forecast(None, weather.too_many(3))
    answers = [request("GET", receiver.url, allow=LOOPBACK).status for _ in range(4)]
    assert answers == [200, 429, 500, 500]


def test_a_hanging_receiver_ends_with_its_test() -> None:
    with HttpReceiver() as server, socket.create_connection((server.host, server.port)) as client:
        server.climate = weather.hang()
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
    # Leaving the block joins the server's threads: it would wait for ever.
    assert server.stopping.is_set()


def test_an_error_of_the_receiver_fails_the_test() -> None:
    class Broken(HttpReceiver):
        def answer(self, received: Any) -> Any:
            raise ZeroDivisionError

    with pytest.raises(AssertionError, match="ZeroDivisionError"), Broken() as server, pytest.raises(OSError):
        urllib.request.urlopen(server.url)
