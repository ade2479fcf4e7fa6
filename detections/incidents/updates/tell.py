"""Tells people of an incident: its targets of what changed, an owner of what concerns them."""

from __future__ import annotations

from datetime import datetime

from detections.incidents.models import Incident
from opsconsole.accounts.models import Owner, User


def tell_of(incident: Incident, event: str, text: str, now: datetime, *, actor: str, by: User | None = None) -> None:
    """Writes an update with the incident's status and severity as they are now, and queues it for its targets, in the
    transaction of the act that calls it, which has locked the incident and saved what it changed. The next update is
    promised anew, by the severity. `event`: declared, status, severity or closed; `text`: one sentence."""
    raise NotImplementedError


def tell_owner(incident: Incident, owner: Owner, text: str, now: datetime, actor: str) -> bool:
    """Queues a message for the targets that reach the owner; whether there are any. The caller has locked the incident.

    `actor`: the person behind it, whose messages ring pagers too; empty for a reminder of the console, which do not."""
    raise NotImplementedError
