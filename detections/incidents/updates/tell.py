"""Tells people of an incident: its targets of what changed, an owner of what concerns them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from detections.alerts.delivery_models import Delivery
from detections.incidents.models import Incident
from detections.incidents.update_models import IncidentUpdate
from opsconsole.accounts.models import Owner, User

Event = Literal["declared", "status", "severity", "update", "closed"]


def announce(
    incident: Incident, event: Event, text: str, now: datetime, *, actor: str, by: User | None = None
) -> IncidentUpdate:
    """Writes an update with the incident's status and severity as they are now, and queues it for its targets, in the
    transaction of the act that calls it, which has locked the incident and saved what it changed.

    `text`: one sentence, e.g. `Ada declares it.` For acts: declaring, a change of status or severity, closing."""
    raise NotImplementedError


def tell_owner(incident: Incident, owner: Owner, text: str, now: datetime, actor: str) -> list[Delivery]:
    """Queues a message for the targets that reach the owner, and returns the deliveries: none where nobody can be told.
    The caller has locked the incident. `text`: one or two sentences.

    `actor`: the person behind it, whose messages ring pagers too; empty for a reminder of the console, which do not."""
    raise NotImplementedError
