"""A webhook: JSON that is signed with a shared secret, as docs/channels/webhook.md and its schema describe. That of a
probe target gets the summary of a run in the form in which the probe's command sends it (docs/probes.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from detections.alerts.channels.contract import Channel, ChannelField, always
from detections.alerts.channels.http import outcome_of, post, url_problem
from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import DeliveryOutcome, Notification
from detections.probes.program import probe
from opsconsole.lib import clock
from opsconsole.lib.outbound.client import Answer

VERSION = 1
TIMEOUT = timedelta(seconds=10)
LEAST_SECRET = 20  # characters
SIGNATURE = "X-Opsconsole-Signature"
_TOKEN = re.compile(r"[\x21-\x7e]*")
_ALERT = ("url", "rule", "title", "severity", "project", "environment", "host", "group", "cause", "owner")


def send(notification: Notification) -> DeliveryOutcome:
    """One request; signed where the target has a secret, with its token where it has one."""
    summary, token = notification.facts.get("probe"), notification.values.get("token", "")
    given = summary or webhook_body(notification)
    body = json.dumps(given, ensure_ascii=True, sort_keys=not summary).encode("ascii")
    headers = {"Idempotency-Key": idempotency_key(notification)}
    if summary:
        headers |= probe.webhook_headers(token)
    else:
        headers |= {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    if secret := notification.values.get("secret"):
        headers[SIGNATURE] = signature(secret, clock.now(), body)
    answer = post(notification.values.get("url", ""), body, headers, TIMEOUT)
    return outcome_of(answer) if isinstance(answer, Answer) else answer


def webhook_body(notification: Notification) -> dict[str, Any]:
    """The body, equal for every attempt of a message. Values that are not known are left out."""
    facts = notification.facts
    alert = {name: facts.get(name) for name in _ALERT} | {
        "id": facts.get("alert"),
        "opened_at": facts.get("first_seen"),
    }
    incident = facts.get("incident")
    sample = {name: facts.get(name) for name in ("message", "release", "users", "organization")}
    return _known(
        {
            "version": VERSION,
            "id": idempotency_key(notification),
            "key": notification.key,
            "kind": facts.get("kind", "firing"),
            "text": render(facts).text,
            "alert": {} if incident else _known(alert),
            "incident": _known(incident) if incident else None,
            "group": _known({"others": facts.get("others") or None, "members": facts.get("members")}),
            "evidence": _known({"sentence": facts.get("sentence"), "events": facts.get("events")}),
            "sample": _known(sample),
            "actor": facts.get("actor"),
            "why": facts.get("why"),
            "summary": facts.get("summary"),
            "target": notification.address,
            "alerts": facts.get("alerts"),
            "alert_counts": facts.get("alert_counts"),
            "tags": facts.get("tags", "").split(", ") if facts.get("tags") else None,
        }
    )


def idempotency_key(notification: Notification) -> str:
    """Equal for every attempt of a message, and for no other message of any console."""
    if message := notification.facts.get("message_id"):
        return message
    return f"opsconsole-delivery-{notification.delivery}" if notification.delivery else notification.key


def signature(secret: str, at: datetime, body: bytes) -> str:
    """`t=<Unix time>,v1=<hex of HMAC-SHA256 of "<t>.<body>">`: the time is signed too, so that old requests cannot be
    sent again."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), b"%d.%s" % (seconds, body), hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def check(values: Mapping[str, str]) -> dict[str, str]:
    """A URL, and a secret that cannot be guessed or none, and a token or none."""
    problems = {}
    url, secret = values.get("url", ""), values.get("secret", "")
    if problem := url_problem(url) if url else "Enter the address that takes the messages.":
        problems["url"] = problem
    if secret and len(secret) < LEAST_SECRET:
        problems["secret"] = f"Enter at least {LEAST_SECRET} characters, e.g. of: openssl rand -hex 32"
    if not _TOKEN.fullmatch(values.get("token", "")):
        problems["token"] = "Enter one word of letters, digits and signs, without blanks."  # noqa: S105 - no token
    return problems


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", {})}


CHANNEL = Channel(
    "webhook",
    "Webhook",
    "Posts JSON that your own service reads; docs/channels/webhook.md describes it and how to check its signature.",
    send,
    (
        ChannelField("url", "URL", "Of your service: https://host/path. It is kept like a secret.", secret=True),
        ChannelField(
            "secret",
            "Signing secret",
            "Known to your service too, at least 20 characters; without one requests are not signed.",
            secret=True,
        ),
        ChannelField("token", "Token", "Sent as Authorization: Bearer …, if your service wants one.", secret=True),
    ),
    check,
    updates=always,
    by_key=True,
)
