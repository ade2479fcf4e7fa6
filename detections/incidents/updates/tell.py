"""Tells people of an incident: its targets of what changed, an owner of what concerns them."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.delivery.drafts import Recipients
from detections.alerts.delivery.incident_messages import queue_due
from detections.alerts.escalation.reach import targets_of
from detections.incidents.models import Incident
from detections.incidents.updates.facts import facts_of, level_of
from detections.incidents.updates.promise import proposed
from detections.incidents.updates.record_update import record_update
from opsconsole.accounts.models import Owner, User


def tell_of(incident: Incident, event: str, text: str, now: datetime, *, actor: str, by: User | None = None) -> None:
    """Writes an update with the incident's status and severity as they are now, and queues it for its targets, in the
    transaction of the act that calls it, which has locked the incident and saved what it changed. The next update is
    promised anew, by the severity. `event`: declared, status, severity or closed; `text`: one sentence."""
    promised = proposed(level_of(incident), incident.status, now)
    record_update(incident, event, text, now, actor=actor, by=by, next_update_at=promised)


def tell_owner(incident: Incident, owner: Owner, text: str, now: datetime, actor: str) -> bool:
    """Queues a message for the targets that reach the owner; whether there are any. The caller has locked the incident.

    `actor`: the person behind it, whose messages ring pagers too; empty for a reminder of the console, which do not."""
    facts = facts_of(incident, "told" if actor else "reminder", text)
    to = Recipients(targets_of([owner])[owner.pk], f"owner {owner}", text)
    return bool(queue_due(facts, to, now, actor=actor))
