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
# By kind of message, the actions in their order. Other kinds trigger: a line in the log of the open incident, by which
# nobody is paged, even if it is acknowledged. What must page again resolves it first, so that another opens.
ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "acknowledged": ("acknowledge",),
        "resolved": ("resolve",),
        "severity": ("resolve", "trigger"),
        "reminder": ("resolve", "trigger"),
        "expired": ("resolve", "trigger"),
        "escalation": ("resolve", "trigger"),
        "merged": ("resolve",),
        "called_off": ("acknowledge",),
        "flapping": (),
        "summary": (),
        "test": ("trigger", "resolve"),
    }
)


def actions_for(kind: str, *, opened: bool) -> tuple[str, ...]:
    """What to send for a message of the kind; `opened`: an earlier message has opened an incident."""
    actions = ACTIONS.get(kind, ("trigger",))
    return actions if opened or actions != ("resolve", "trigger") else ("trigger",)


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
        text = "Open the target" if facts.get("kind") == "test" else "Open the alert"
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
    """The facts by name; of what has none, the sentence by its place in the message."""
    details = {row.name or "Why": row.value for block in message.blocks for row in block}
    return details | {
        name: value for name, value in [("Rule", facts.get("title")), ("For", facts.get("meant_for"))] if value
    }


def _short(text: str) -> str:
    return _cut(" ".join(text.split()), SHORT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
