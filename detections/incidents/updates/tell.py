"""Tells people of an incident: its targets of what changed, an owner of what concerns it."""

from __future__ import annotations

from datetime import datetime

from detections.incidents.models import Incident
from opsconsole.accounts.models import Owner, User


def tell_of(incident: Incident, event: str, text: str, now: datetime, *, actor: str, by: User | None = None) -> None:
    """Queues a message to the incident's targets, in the transaction of the act. `event`: declared, status, severity or
    closed."""


def tell_owner(incident: Incident, owner: Owner, text: str, now: datetime, *, actor: str) -> bool:
    """Queues a message to the owner's targets; whether any reaches it."""
    return False
