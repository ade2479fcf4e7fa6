"""An event of PagerDuty's Events API v2 (pure): what each kind of message does to the incident of its alert.

Fields and limits: https://developer.pagerduty.com/docs/events-api-v2/trigger-events
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from detections.alerts.channels.messages import Message, MessageFacts, render

SUMMARY = 1024  # characters that PagerDuty takes
DEDUP_KEY = 255
SHORT = 255  # of the other fields, for which no limit is published
# The API has no priority: P1 of the seeds is critical, P2 is error.
SEVERITIES: Mapping[str, str] = MappingProxyType({"critical": "critical", "high": "error", "medium": "warning"})
AGAIN = ("resolve", "trigger")
_OPENS: Mapping[str, str] = MappingProxyType({"test": "Open the target", "incident_due": "Open the incident"})
# By kind of message, the actions in their order. Other kinds trigger: a line in the log of the open incident, by which
# nobody is paged, even if it is acknowledged. What must page again resolves it first, so that another opens.
ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "acknowledged": ("acknowledge",),
        "resolved": ("resolve",),
        "severity": AGAIN,
        "reminder": AGAIN,
        "expired": AGAIN,
        "escalation": AGAIN,
        "handed_over": AGAIN,
        "responder": AGAIN,
        "merged": ("resolve",),
        "called_off": ("acknowledge",),
        "flapping": (),
        "summary": (),
        "incident": (),
        "test": ("trigger", "resolve"),
    }
)


def actions_for(facts: MessageFacts, *, opened: bool) -> tuple[str, ...]:
    """What to send for a message with these facts; `opened`: an earlier message has opened an incident.

    Calling a responder off acknowledges only what somebody has: who is called off may have the incident's own page."""
    kind = facts.get("kind", "firing")
    if kind == "called_off" and not facts.get("acknowledged_by"):
        return ()
    actions = ACTIONS.get(kind, ("trigger",))
    return actions if opened or actions != AGAIN else ("trigger",)


def pagerduty_event(action: str, routing_key: str, dedup_key: str, facts: MessageFacts) -> dict[str, Any]:
    """The body of a request."""
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": dedup_key[:DEDUP_KEY],
    }
    if action != "trigger":
        return event
    url = facts.get("url", "")
    if url.startswith(("https://", "http://")):
        text = _OPENS.get(facts.get("kind", ""), "Open the alert")
        event |= {"client_url": url, "links": [{"href": url, "text": text}]}
    return event | {"client": "opsconsole", "payload": _payload(facts)}


def _payload(facts: MessageFacts) -> dict[str, Any]:
    message = render(facts)
    sentence = facts.get("sentence", "")
    place = facts.get("host") or "/".join(filter(None, (facts.get("project"), facts.get("environment"))))
    test = facts.get("kind") == "test"
    optional = {
        "timestamp": facts.get("first_seen"),
        "component": _short(facts.get("project", "")),
        "group": _short(facts.get("group", "")),
        "class": _short(facts.get("rule", "")),
        "custom_details": _details(message, facts),
    }
    return {
        "summary": _cut(f"{message.headline}: {sentence}" if sentence else message.headline, SUMMARY),
        "source": _short(place) or "opsconsole",
        "severity": "info" if test else SEVERITIES.get(facts.get("severity", ""), "info"),
        **{name: value for name, value in optional.items() if value},
    }


def _details(message: Message, facts: MessageFacts) -> dict[str, str]:
    """The facts by name; sentences that have none are lines of one."""
    details: dict[str, str] = {}
    for row in (row for block in message.blocks for row in block):
        name = row.name or "Why"
        details[name] = f"{details[name]}\n{row.value}" if name in details else row.value
    return details | {
        name: value for name, value in [("Rule", facts.get("title")), ("For", facts.get("meant_for"))] if value
    }


def _short(text: str) -> str:
    return _cut(" ".join(text.split()), SHORT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
