"""Slack: an incoming webhook, or a bot that posts to a channel, threads an episode and updates its first message."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django.conf import settings

from detections.alerts.channels.contract import Channel, ChannelField
from detections.alerts.channels.http import base_problem, cut, outcome_of, post, retry_after, shown, url_problem
from detections.alerts.channels.incident_facts import with_state_of
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import DeliveryOutcome, FirstMessage, Notification, Rejected, Retry, Sent
from detections.alerts.channels.slack_message import slack_message
from opsconsole.env.outgoing import SLACK_CHANNEL, SLACK_TOKEN
from opsconsole.lib.outbound.client import Answer

TIMEOUT = timedelta(seconds=6)  # a message takes three requests at most
TEMPORARY = frozenset(
    {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)
WHAT_TO_DO: Mapping[str, str] = MappingProxyType(
    {
        "invalid_auth": "The token is not valid: enter the app's present Bot User OAuth Token.",
        "not_authed": "The token is not valid: enter the app's present Bot User OAuth Token.",
        "account_inactive": "The app was removed from the workspace: install it again and enter its new token.",
        "token_revoked": "The token was revoked: install the app again and enter its new token.",
        "token_expired": "The token has expired: enter a new one, of an app without token rotation.",
        "missing_scope": "The app lacks the scope chat:write: add it and install the app again.",
        "channel_not_found": "There is no such channel, or it is private: check its name and invite the app to it.",
        "not_in_channel": "The app is not in the channel: write /invite @the-app there, or add chat:write.public.",
        "is_archived": "The channel is archived: choose another.",
        "no_service": "The webhook was removed: make another in the app's settings.",
        "no_team": "The webhook's workspace is gone: make another webhook.",
        "channel_is_archived": "The webhook's channel is archived: make a webhook for another.",
    }
)
# The first message or its thread is gone: the next message starts another.
GONE = frozenset({"thread_not_found", "message_not_found", "channel_not_found", "cannot_reply_to_message"})

# These stand in the thread; they say nothing of the alert's state, which the first message's header does.
PASSING = frozenset({"updated", "repeated", "handed_over", "responder", "called_off"})


def send(notification: Notification) -> DeliveryOutcome:
    """One message: by the webhook if there is one, else by the bot."""
    values = notification.values
    if url := values.get("webhook_url"):
        return _by_webhook(url, slack_message(notification.facts, meant_for(notification)))
    return _by_bot(notification, values.get("token", ""), values.get("channel", ""))


def meant_for(notification: Notification) -> str:
    """The channel that the policy means, unless the message goes there; empty without one."""
    address = notification.address if notification.address.startswith("#") else ""
    meant = address or notification.facts.get("meant_for", "")
    return "" if meant.removeprefix("#") == notification.values.get("channel", "").removeprefix("#") else meant


def check(values: Mapping[str, str]) -> dict[str, str]:
    """A webhook's URL, or a bot's token with a channel."""
    url, token, channel = (values.get(name, "") for name in ("webhook_url", "token", "channel"))
    if url and token:
        return {"token": "Enter the webhook's URL or the bot's token, not both."}
    if url:
        problem = url_problem(url)
        return {"webhook_url": problem} if problem else {}
    if not token:
        return {"webhook_url": "Enter the webhook's URL, or a bot's token and a channel."}
    problems = {}
    if not SLACK_TOKEN.fullmatch(token):
        problems["token"] = "A bot's token begins with xoxb-."  # noqa: S105 - a sentence
    elif problem := base_problem("OPSCONSOLE_SLACK_URL", settings.SLACK_URL):
        problems["token"] = problem
    if not SLACK_CHANNEL.fullmatch(channel):
        problems["channel"] = "Enter the channel that the bot posts to, e.g. #alerts, or its id."
    return problems


def _by_webhook(url: str, message: dict[str, Any]) -> DeliveryOutcome:
    answer = post(url, _bytes(message), {"Content-Type": "application/json"}, TIMEOUT)
    if not isinstance(answer, Answer):
        return answer
    outcome = outcome_of(answer)
    advice = WHAT_TO_DO.get(answer.body.decode("ascii", "replace"), "")
    return Rejected(f"{outcome.response}: {advice}") if isinstance(outcome, Rejected) and advice else outcome


def _by_bot(notification: Notification, token: str, channel: str) -> DeliveryOutcome:
    message = slack_message(notification.facts, meant_for(notification)) | {"channel": channel}
    first = notification.first
    if first is not None and notification.done:
        return _after_reply(_call("chat.update", token, _updated(first, notification.facts)))
    if first is None or first.receipt.get("sent_to") != channel:
        return _call("chat.postMessage", token, message, sent_to=channel)
    reply = _call("chat.postMessage", token, message | {"thread_ts": first.receipt["ts"]})
    if isinstance(reply, Rejected) and reply.response.partition(":")[0] in GONE:
        return _call("chat.postMessage", token, message, sent_to=channel)
    if isinstance(reply, Sent):
        return _after_reply(_call("chat.update", token, _updated(first, notification.facts)))
    return reply


def _after_reply(updated: DeliveryOutcome) -> DeliveryOutcome:
    """The outcome of a message whose reply stands in the thread: the update alone is tried again."""
    if isinstance(updated, Sent):
        return updated
    why = f"ok; the first message was not updated: {updated.response}"
    return Retry(why, updated.after, {"replied": "yes"}) if isinstance(updated, Retry) else Sent(why)


def _updated(first: FirstMessage, facts: MessageFacts) -> dict[str, Any]:
    """The first message with the header and the members of the latest; all of the latest where another alert leads."""
    incident, before = facts.get("incident"), first.facts.get("incident")
    if incident and before:
        changed = first.facts | {"incident": with_state_of(before, incident)}
        return slack_message(changed) | {"channel": first.receipt["channel"], "ts": first.receipt["ts"]}
    kind, actor = _header(facts)
    latest: MessageFacts = {
        "kind": kind,
        "severity": facts.get("severity", ""),
        "actor": actor,
        "others": facts.get("others", 0),
        "members": facts.get("members", ""),
    }
    if facts.get("alert") != first.facts.get("alert"):  # another leads
        latest = {**facts, "kind": kind, "actor": actor}
    return slack_message(first.facts | latest) | {"channel": first.receipt["channel"], "ts": first.receipt["ts"]}


def _header(facts: MessageFacts) -> tuple[str, str]:
    """Kind and actor of the first message's header. A message that changes nothing of the alert's state leaves what
    the alert is then."""
    kind, actor = facts.get("kind", ""), facts.get("actor", "")
    if kind not in PASSING:
        return kind, actor
    if has_it := facts.get("acknowledged_by", ""):
        return "acknowledged", has_it
    return "flapping" if facts.get("quiet") else "updated", ""


def _call(method: str, token: str, body: dict[str, Any], sent_to: str = "") -> DeliveryOutcome:
    """The outcome of a method of the Web API; with `sent_to` its receipt names the message for later ones."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {token}"}
    answer = post(f"{settings.SLACK_URL}/api/{method}", _bytes(body), headers, TIMEOUT)
    if not isinstance(answer, Answer):
        return answer
    outcome = outcome_of(answer)
    if not isinstance(outcome, Sent):
        return outcome
    try:
        said = json.loads(answer.body)
        if said["ok"]:
            receipt = {"ts": str(said["ts"]), "channel": str(said["channel"]), "sent_to": sent_to} if sent_to else {}
            return Sent("ok", receipt)
        error = cut(str(said["error"]), 100)
    except (ValueError, TypeError, KeyError):
        return Retry(f"Slack's answer cannot be read: {shown(answer)}")
    if error in TEMPORARY:
        return Retry(error, retry_after(answer))
    return Rejected(f"{error}: {WHAT_TO_DO.get(error, 'Slack refused the message.')}")


def _bytes(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode("ascii")


CHANNEL = Channel(
    "slack",
    "Slack",
    "With an incoming webhook, or with a bot's token, by which later messages of an alert go into the thread of its "
    "first and update it. docs/channels/slack.md tells how to get either.",
    send,
    (
        ChannelField(
            "webhook_url",
            "Webhook URL",
            "api.slack.com/apps: your app, Incoming Webhooks, Add New Webhook; it posts to the channel chosen there.",
            secret=True,
            excludes="token",
        ),
        ChannelField(
            "token",
            "Bot token",
            "Instead of a webhook. api.slack.com/apps: your app, OAuth & Permissions, scope chat:write, Install; "
            "the Bot User OAuth Token, xoxb-….",
            secret=True,
            excludes="webhook_url",
        ),
        ChannelField("channel", "Channel", "For a bot: #name or id. Invite the app to it: /invite @the-app."),
    ),
    check,
    updates=lambda values: bool(values.get("token")),
)
