"""PagerDuty by its Events API v2: an alert is one incident, which its messages trigger, acknowledge and resolve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings

from detections.alerts.channels.contract import Channel, ChannelField, always
from detections.alerts.channels.http import base_problem, outcome_of, post
from detections.alerts.channels.incident_facts import DUE
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Sent
from detections.alerts.channels.pagerduty_event import actions_for, pagerduty_event
from opsconsole.env.outgoing import PAGERDUTY_KEY
from opsconsole.lib.outbound.client import Answer

TIMEOUT = timedelta(seconds=9)  # a message takes two requests at most
KEY_ADVICE = "Enter the Integration Key of an Events API v2 integration of the service."
NOTHING = "Nothing was sent: such a message changes no incident, and an open one stays open."


def send(notification: Notification) -> DeliveryOutcome:
    """One or two events on the dedup key of the episode; that of its first trigger, where that is known."""
    first, kind = notification.first, notification.facts.get("kind", "firing")
    dedup_key = first.receipt.get("dedup_key", notification.key) if first else notification.key
    if kind == DUE:  # the page of one person, which that person ends
        dedup_key = notification.facts.get("message_id", dedup_key)
    actions = actions_for(notification.facts, opened=first is not None)
    outcome: DeliveryOutcome = Sent(NOTHING)
    for number, action in enumerate(actions):
        outcome = _event(action, notification, dedup_key)
        if isinstance(outcome, Sent):
            continue
        if kind == "test" and number:
            return Sent(f"202, but the test's incident could not be resolved, resolve it there: {outcome.response}")
        return outcome
    if kind == "test":
        return Sent(f"{outcome.response} The test's incident was resolved at once.")
    return Sent(outcome.response, {"dedup_key": dedup_key} if "trigger" in actions else {})


def check(values: Mapping[str, str]) -> dict[str, str]:
    """A routing key, and a base address that may be reached."""
    if not PAGERDUTY_KEY.fullmatch(values.get("routing_key", "")):
        return {"routing_key": f"{KEY_ADVICE} It has 32 letters and digits."}
    problem = base_problem("OPSCONSOLE_PAGERDUTY_URL", settings.PAGERDUTY_URL)
    return {"routing_key": problem} if problem else {}


def _event(action: str, notification: Notification, dedup_key: str) -> DeliveryOutcome:
    routing_key = notification.values.get("routing_key", "")
    body = json.dumps(pagerduty_event(action, routing_key, dedup_key, notification.facts)).encode("ascii")
    answer = post(f"{settings.PAGERDUTY_URL}/v2/enqueue", body, {"Content-Type": "application/json"}, TIMEOUT)
    if not isinstance(answer, Answer):
        return answer
    outcome = outcome_of(answer)
    if isinstance(outcome, Rejected) and b"routing" in answer.body.lower():
        return Rejected(f"{outcome.response} {KEY_ADVICE}")
    return outcome


CHANNEL = Channel(
    "pagerduty",
    "PagerDuty",
    "Opens an incident of a service, which acknowledging and resolving the alert acknowledges and resolves. "
    "docs/channels/pagerduty.md tells how to get a key.",
    send,
    (
        ChannelField(
            "routing_key",
            "Integration key",
            "PagerDuty: Services, your service, Integrations, Add an integration, Events API V2; its Integration Key.",
            secret=True,
        ),
    ),
    check,
    by_key=True,
    pages=always,
    updates=always,
)
