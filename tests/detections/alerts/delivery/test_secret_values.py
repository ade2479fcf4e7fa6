"""A receiver that quotes what it was sent tells no secret of its target, nor does an error report."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from secrets import token_hex
from typing import Any
from urllib.parse import unquote

import pytest
import sentry_sdk
from sentry_sdk.transport import Transport

from detections.alerts.channels import slack, webhook
from detections.alerts.channels.notification import Notification, Rejected, Sent
from detections.alerts.delivery.secret_values import secret_filter
from detections.alerts.delivery.send_one import Send, send_to
from detections.alerts.routing_models import Target
from opsconsole.lib.sealed import seal
from opsconsole.sentry import before_send
from tests.receivers.http_receiver import HttpReceiver, Received, Reply

PATH = "/services/T0001/B0001/abc%2BdefGHI42?code=zyx98765"
FACTS: Any = {"kind": "firing", "severity": "critical", "rule": "DET-BETA-003"}


class Echo(HttpReceiver):
    """Answers as Express does for a path that it does not know."""

    says = "Cannot POST {path}"

    def answer(self, received: Received) -> Reply:
        return Reply(404, self.says.format(path=received.path, decoded=unquote(received.path)).encode())


def target_of(channel: str, **secrets: str) -> Target:
    return Target(name="Ops", channel=channel, address="#ops", secret=seal(json.dumps(secrets), purpose="target"))


def sent(target: Target, send: Send) -> str:
    return send_to(target, send, FACTS, delivery=1, key="k").response


@pytest.mark.parametrize(
    "says", ["Cannot POST {path}", "no {decoded} here", "x" * 165 + " Cannot POST {path}", "x" * 190 + "{path}"]
)
def test_an_answer_that_quotes_the_path_does_not_show_it(outbound_allowed: None, says: str) -> None:
    with Echo() as echo:
        echo.says = says
        for said in (
            sent(target_of("webhook", url=echo.url + PATH), webhook.send),
            sent(target_of("slack", webhook_url=echo.url + PATH), slack.send),
        ):
            assert said.startswith("404 ")
            assert "[Filtered]" in said
            for part in ("T0001", "/ser", "abc", "GHI42", "zyx98765"):
                assert part not in said
        assert echo.received[0].path == PATH


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("ABC%2BDEFghi42 is unknown", "[Filtered] is unknown"),
        ("abc+defGHI42", "[Filtered]"),
        ("code=zyx98765", "[Filtered]"),
        ("for zyx98765", "for [Filtered]"),
        ("hunter2-long-enough", "[Filtered]"),
    ],
)
def test_parts_of_a_url_and_other_secrets_are_replaced(said: str, shown: str) -> None:
    values = {"url": "https://a.example" + PATH, "secret": "hunter2-long-enough"}
    assert secret_filter("webhook", values)(said) == shown


def test_other_text_stays() -> None:
    clean = secret_filter("webhook", {"url": "https://a.example/services/in/x/" + "k" * 20})
    said = "404 a.example has no services in this place: ask its owner… today"
    assert clean(said) == said
    assert secret_filter("slack", {"channel": "#operations1"})("posted to #operations1") == "posted to #operations1"


def test_an_error_that_quotes_the_url_does_not_show_it() -> None:
    def raises(notification: Notification) -> Sent:
        raise ValueError("x" * 490 + notification.values["url"])

    assert "T0001" not in sent(target_of("webhook", url="https://a.example" + PATH), raises)


class Nowhere(Transport):
    """Sends nothing."""

    def capture_envelope(self, envelope: Any) -> None: ...


@pytest.fixture
def reported() -> Iterator[list[Any]]:
    """What the console's own Sentry gets."""
    events: list[Any] = []
    options: dict[str, Any] = {"dsn": "http://0@127.0.0.1:9/1", "attach_stacktrace": True, "transport": Nowhere}
    client = sentry_sdk.Client(**options, before_send=lambda event, hint: events.append(before_send(event, hint)))
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        yield events


def test_no_secret_is_in_an_error_report(reported: list[Any]) -> None:
    def raises(notification: Notification) -> Sent:
        raise ValueError("unexpected")

    secret = token_hex(20)  # in no line of this file and no name of a test, which reports have too
    target = target_of("webhook", url=f"https://a.example/{secret}")
    send_to(target, raises, FACTS, delivery=1, key="k")
    sentry_sdk.capture_message("a channel raised", "error")

    def asks(notification: Notification) -> Rejected:
        sentry_sdk.capture_message("in a channel", "error")
        try:
            webhook.check({**notification.values, "secret": 7})  # type: ignore[dict-item]
        except TypeError:
            sentry_sdk.capture_exception(sys.exc_info()[1])
        return Rejected("")

    send_to(target, asks, FACTS, delivery=1, key="k")
    assert len(reported) >= 3
    modules = [frame["module"] for event in reported for frame in _frames(event)]
    assert "detections.alerts.delivery.send_one" in modules
    assert secret not in str(reported)


def _frames(event: Any) -> list[Any]:
    values = [*event.get("threads", {}).get("values", []), *event.get("exception", {}).get("values", [])]
    return [frame for value in values for frame in value["stacktrace"]["frames"]]


def test_a_form_with_a_webhook_is_not_reported() -> None:
    data = {"webhook_url": "https://a.example/x", "slack_webhook_url": "https://a.example/x", "name": "Ops"}
    found = before_send({"level": "error", "request": {"url": "/", "data": data}}, {})["request"]["data"]
    assert found == {"webhook_url": "[Filtered]", "slack_webhook_url": "[Filtered]", "name": "Ops"}
