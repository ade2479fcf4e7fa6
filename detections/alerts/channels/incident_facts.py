"""What a message about an incident says, and how it reads as plain text (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypedDict

NAME = "incident"  # the kind of a message to an incident's targets
DUE = "incident_due"  # that of one to whom it concerns
KINDS = frozenset({NAME, DUE})
# They make incidents and issues of messages, for people who are told by their alerts.
NO_UPDATES = frozenset({"pagerduty", "jira"})
WORDS: Mapping[str, str] = MappingProxyType({"postmortem": "postmortem due"})
ALERT_SEVERITIES: Mapping[int, str] = MappingProxyType({1: "critical", 2: "high", 3: "medium"})
OPEN = frozenset({"open", "mitigated"})
# What changes in the first message of a thread.
STATE = ("title", "status", "severity", "commander", "next_update_at")


class IncidentFacts(TypedDict, total=False):
    """The incident as it was when the message was queued; what is not known is left out. Times as ISO 8601.

    `event`: declared, status, severity, update or closed; to one owner: told, by a person, or reminder, by the console.
    `severity`: 1, the worst, to 5. `number`: that of the update."""

    id: int
    name: str
    url: str
    title: str
    event: str
    number: int
    text: str
    status: str
    severity: int
    commander: str
    places: list[str]
    started_at: str
    next_update_at: str


def incident_headline(incident: IncidentFacts) -> str:
    """`🚨 SEV-1 INC-12, open: Orders fail`. What has a postmortem to come is resolved to those who get its updates."""
    severity = incident.get("severity")
    name = f"SEV-{severity} {incident['name']}" if severity else incident["name"]
    reminds = incident.get("event") in ("told", "reminder")
    status = "resolved" if incident["status"] in WORDS and not reminds else status_words(incident["status"])
    return f"{_sign(incident)} {name}, {status}: {incident['title']}"


def incident_rows(incident: IncidentFacts) -> list[tuple[str, str]]:
    """What happened, then the state, by name; the text has its own lines."""
    return [
        ("", incident.get("text", "")),
        ("Commander", incident.get("commander", "")),
        ("Affected", ", ".join(incident.get("places", []))),
        ("Impact since", minute(incident.get("started_at", ""))),
        ("Next update", minute(incident.get("next_update_at", ""))),
    ]


def alert_severity(incident: IncidentFacts) -> str:
    """The word that channels know from alerts, while the incident goes on; then, and for lower ones, empty."""
    return ALERT_SEVERITIES.get(incident.get("severity", 0), "") if incident["status"] in OPEN else ""


def status_words(status: str) -> str:
    """`postmortem due`."""
    return WORDS.get(status, status)


def minute(iso: str) -> str:
    """`2026-06-12 14:00 UTC`; empty where the time is."""
    return f"{iso[:10]} {iso[11:16]} UTC" if iso else ""


def with_state_of(first: IncidentFacts, latest: IncidentFacts) -> IncidentFacts:
    """The first message of a thread with the state that the latest tells; what it says stays."""
    kept = {name: value for name, value in first.items() if name not in STATE}
    return {**kept, **{name: latest[name] for name in STATE if name in latest}}  # type: ignore[typeddict-item]


def _sign(incident: IncidentFacts) -> str:
    event = incident.get("event", "")
    if event in ("told", "reminder"):
        return "👉" if event == "told" else "⏰"
    if incident["status"] not in OPEN:
        return "✅"
    return {1: "🚨", 2: "⚠️"}.get(incident.get("severity", 0), "🔸")
