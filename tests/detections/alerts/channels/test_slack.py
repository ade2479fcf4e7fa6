"""Messages reach a Slack that checks them, and what it refuses is classified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from detections.alerts.channels import slack as channel
from detections.alerts.channels.notification import FirstMessage, Notification, Rejected, Retry, Sent
from tests.detections.alerts.channels.test_slack_message import FACTS
from tests.receivers import weather
from tests.receivers.slack import TOKEN, SlackServer

pytestmark = pytest.mark.usefixtures("outbound_allowed")


def by_hook(slack: SlackServer, **changed: Any) -> Notification:
    return Notification(1, "opsconsole-alert-7", "#ops", "slack", FACTS, {"webhook_url": slack.hook}, **changed)


@pytest.fixture
def bot(slack: SlackServer, settings: Settings) -> dict[str, str]:
    settings.SLACK_URL = slack.url
    return {"token": TOKEN, "channel": "#general"}


def by_bot(
    values: dict[str, str], kind: str = "firing", first: FirstMessage | None = None, **changed: Any
) -> Notification:
    facts: Any = {**FACTS, "kind": kind, "actor": "ada", **changed}
    return Notification(1, "k", "#general", "slack", facts, values, first)


def test_a_webhook_gets_the_message_and_the_text_names_the_channel_that_was_meant(slack: SlackServer) -> None:
    assert channel.send(by_hook(slack)) == Sent("200 ok")
    (message,) = slack.messages
    assert "For #ops" in message.shown
    assert slack.refused == []


def test_a_bot_threads_later_messages_and_updates_the_first(slack: SlackServer, bot: dict[str, str]) -> None:
    sent = channel.send(by_bot(bot))
    assert isinstance(sent, Sent)
    first = FirstMessage(FACTS, sent.receipt)
    assert channel.send(by_bot(bot, "acknowledged", first)) == Sent("ok")
    assert channel.send(by_bot(bot, "resolved", first)) == Sent("ok")
    (message,) = slack.in_channel("general")
    assert [reply.text.split(":")[0] for reply in slack.thread(message)] == [
        "👀 Acknowledged by ada",
        "✅ Resolved by ada",
    ]
    assert [body["blocks"][0]["text"]["text"].split(":")[0] for body in message.versions] == [
        "⚠️ High",
        "👀 Acknowledged by ada",
        "✅ Resolved by ada",
    ]
    assert "Church of the Valley" in message.shown, "the first message keeps its facts"
    assert "For #" not in message.shown, "it went where the policy meant"
    assert slack.refused == []


@pytest.mark.parametrize("kind", ["updated", "repeated", "handed_over", "responder", "called_off"])
@pytest.mark.parametrize(
    ("state", "header"),
    [
        ({}, "⚠️ High"),
        ({"acknowledged_by": "bob"}, "👀 Acknowledged by bob"),
        ({"quiet": True}, "🔁 Flapping, quiet until it settles"),
        ({"alert": 8, "acknowledged_by": "bob"}, "👀 Acknowledged by bob"),
    ],
)
def test_the_header_says_the_state_after_messages_that_change_none(
    slack: SlackServer, bot: dict[str, str], kind: str, state: dict[str, Any], header: str
) -> None:
    sent = channel.send(by_bot(bot))
    assert isinstance(sent, Sent)
    channel.send(by_bot(bot, kind, FirstMessage(FACTS, sent.receipt), **state))
    (message,) = slack.in_channel("general")
    assert message.versions[-1]["blocks"][0]["text"]["text"].split(":")[0] == header
    assert len(slack.thread(message)) == 1


@pytest.mark.parametrize("lost", [{"ts": "1600000000.000001"}, {"sent_to": "#other"}])
def test_where_the_first_message_is_gone_the_next_starts_another(
    slack: SlackServer, bot: dict[str, str], lost: dict[str, str]
) -> None:
    sent = channel.send(by_bot(bot))
    assert isinstance(sent, Sent)
    again = channel.send(by_bot(bot, "resolved", FirstMessage(FACTS, {**sent.receipt, **lost})))
    assert isinstance(again, Sent)
    assert again.receipt["sent_to"] == "#general"
    assert len(slack.in_channel("general")) == 2


@pytest.mark.parametrize(
    ("sky", "said", "after"),
    [(weather.status(500), "500", None), (weather.too_many(3), "429", timedelta(seconds=3))],
)
def test_where_only_the_update_fails_it_alone_is_tried_again(
    slack: SlackServer, bot: dict[str, str], sky: weather.Weather, said: str, after: timedelta | None
) -> None:
    sent = channel.send(by_bot(bot))
    assert isinstance(sent, Sent)
    first = FirstMessage(FACTS, sent.receipt)
    slack.forecast(None, sky)
    later = channel.send(by_bot(bot, "resolved", first))
    assert later == Retry(f"ok; the first message was not updated: {said}", after, {"replied": "yes"})
    again = replace(by_bot(bot, "resolved", first), done=later.done)
    assert channel.send(again) == Sent("ok")
    (message,) = slack.in_channel("general")
    assert len(slack.thread(message)) == 1, "the reply is there once"
    assert len(message.versions) == 2


def test_a_reply_counts_as_sent_where_the_update_is_refused(slack: SlackServer, bot: dict[str, str]) -> None:
    sent = channel.send(by_bot(bot))
    assert isinstance(sent, Sent)
    slack.forecast(None, weather.status(200, b'{"ok": false, "error": "cant_update_message"}'))
    again = channel.send(by_bot(bot, "resolved", FirstMessage(FACTS, sent.receipt)))
    assert isinstance(again, Sent)
    assert again.response.startswith("ok; the first message was not updated: cant_update_message")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (b'{"ok": false, "error": "invalid_auth"}', "invalid_auth: The token is not valid"),
        (b'{"ok": false, "error": "not_in_channel"}', "not_in_channel: The app is not in the channel"),
        (b'{"ok": false, "error": "<b>new</b>"}', "<b>new</b>: Slack refused the message."),
    ],
)
def test_what_slack_refuses_for_good_says_what_to_do(
    slack: SlackServer, bot: dict[str, str], answer: bytes, outcome: str
) -> None:
    slack.forecast(weather.status(200, answer))
    refused = channel.send(by_bot(bot))
    assert isinstance(refused, Rejected)
    assert refused.response.startswith(outcome)


def test_a_channel_that_is_not_there_and_a_wrong_token_are_refused(slack: SlackServer, bot: dict[str, str]) -> None:
    for values, error in [({"channel": "nowhere"}, "channel_not_found"), ({"token": "xoxb-no"}, "invalid_auth")]:
        refused = channel.send(by_bot({**bot, **values}))
        assert isinstance(refused, Rejected)
        assert refused.response.startswith(error)
        assert "xoxb" not in refused.response


@pytest.mark.parametrize("answer", [b'{"ok": false, "error": "internal_error"}', b"<html>", b"[]", b'{"ok": true}'])
def test_what_may_work_later_is_tried_again(slack: SlackServer, bot: dict[str, str], answer: bytes) -> None:
    slack.forecast(weather.status(200, answer))
    assert isinstance(channel.send(by_bot(bot)), Retry)


def test_retry_after_is_read(slack: SlackServer, bot: dict[str, str]) -> None:
    slack.climate = weather.too_many(30)
    for notification in (by_bot(bot), by_hook(slack)):
        assert channel.send(notification) == Retry("429", timedelta(seconds=30))


def test_a_webhook_in_bad_weather(slack: SlackServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(channel, "TIMEOUT", timedelta(seconds=0.2))
    slack.forecast(weather.status(500), weather.hang(), weather.reset(), weather.redirect("http://127.0.0.1/"))
    assert isinstance(channel.send(by_hook(slack)), Retry)
    late, cut = channel.send(by_hook(slack)), channel.send(by_hook(slack))
    assert isinstance(late, Retry)
    assert isinstance(cut, Retry)
    assert "hunter2" not in late.response + cut.response
    moved = channel.send(by_hook(slack))
    assert isinstance(moved, Rejected)
    assert "Redirects are not followed" in moved.response


def test_a_webhook_that_is_gone_says_what_to_do(slack: SlackServer) -> None:
    slack.archived.add(slack.channels["general"])
    refused = channel.send(by_hook(slack))
    assert refused == Rejected(
        "410 channel_is_archived: The webhook's channel is archived: make a webhook for another."
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "webhook_url"),
        ({"webhook_url": "https://hooks.slack.com/services/x", "token": "xoxb-1"}, "token"),
        ({"webhook_url": "http://169.254.169.254/latest"}, "webhook_url"),
        ({"webhook_url": "hooks.slack.com"}, "webhook_url"),
        ({"token": "hunter2", "channel": "#a"}, "token"),
        ({"token": "xoxb-1-a"}, "channel"),
        ({"token": "xoxb-1-a", "channel": "<!channel>"}, "channel"),
    ],
)
def test_what_cannot_be_used_is_refused_at_its_field(values: dict[str, str], field: str) -> None:
    assert list(channel.check(values)) == [field]


def test_a_bot_and_a_webhook_are_taken(slack: SlackServer) -> None:
    assert channel.check({"token": TOKEN, "channel": "#ops"}) == {}
    assert channel.check({"webhook_url": slack.hook}) == {}


def test_a_base_address_that_is_refused_is_said_at_the_token(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW, settings.SLACK_URL = [], "http://127.0.0.1:9"
    (problem,) = channel.check({"token": TOKEN, "channel": "#ops"}).values()
    assert problem.startswith("OPSCONSOLE_SLACK_URL leads to an address that is refused")
