"""Incidents with targets, and channels that keep what they get."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from detections.alerts.channels.incident_facts import IncidentFacts
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Sent
from detections.alerts.escalation.models import OwnerTarget
from detections.alerts.routing_models import Target
from opsconsole.accounts.models import Owner
from opsconsole.lib.sealed import seal

INCIDENT: IncidentFacts = {
    "id": 12,
    "name": "INC-12",
    "url": "https://ops.example.org/incidents/12/",
    "title": "Orders fail",
    "event": "update",
    "number": 2,
    "text": "The cause is known.\nA rollback runs.",
    "status": "open",
    "severity": 1,
    "commander": "ada",
    "places": ["raptor/prod"],
    "started_at": "2026-06-12T13:50:00+00:00",
    "next_update_at": "2026-06-12T14:30:00+00:00",
}
FACTS: MessageFacts = {
    "kind": "incident",
    "url": INCIDENT["url"],
    "title": INCIDENT["title"],
    "severity": "critical",
    "episode": "7c1f9d0a-52c7-4a43-8f0e-2f1f4b1d9c11",
    "message_id": "0b6f2f5e-6d0c-4c6e-9d3e-6f3a8a6c1b52",
    "actor": "Ada",
    "incident": INCIDENT,
}


class Receiver:
    """A channel that answers what it is told to, and keeps what it got."""

    def __init__(self, *outcomes: DeliveryOutcome) -> None:
        self.outcomes, self.got = list(outcomes), list[Notification]()

    def __call__(self, notification: Notification) -> DeliveryOutcome:
        self.got.append(notification)
        return self.outcomes.pop(0) if self.outcomes else Sent("ok")

    @property
    def incidents(self) -> list[IncidentFacts]:
        return [each.facts["incident"] for each in self.got]


def make_target(name: str, channel: str = "webhook", secrets: Mapping[str, str] | None = None, **fields: Any) -> Target:
    secret = seal(json.dumps(dict(secrets)), purpose="target") if secrets else ""
    return Target.objects.create(name=name, address=f"#{name}", channel=channel, secret=secret, **fields)


def make_owner(name: str, *targets: Target) -> Owner:
    owner, _ = Owner.objects.get_or_create(name=name)
    for target in targets:
        OwnerTarget.objects.create(owner=owner, target=target)
    return owner
