"""Tells people of an incident: its targets of what changed, an owner of what concerns them."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.delivery.drafts import Recipients
from detections.alerts.delivery.incident_messages import queue_due, usable
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


def remind(incident: Incident, text: str, now: datetime) -> str:
    """Reminds the commander; where nobody commands or can be told, who declared it; else the incident's targets. Says
    who was reminded. The caller has locked the incident."""
    commander = incident.commander
    if commander is not None and tell_owner(incident, commander, text, now, ""):
        return f"{commander} was reminded."
    missing = f"{commander} could not be reminded: no target is bound to it"
    found = missing if commander else "nobody commands the incident"
    for owner in Owner.objects.filter(user=incident.declared_by_id, user__isnull=False).order_by("name"):
        if owner != commander and tell_owner(incident, owner, text, now, ""):
            return f"{found}; {owner} was reminded, who declared it."
    targets = usable(incident.targets.order_by("pk"))
    to = Recipients([target.pk for target in targets], incident.name, text)
    told = queue_due(facts_of(incident, "reminder", text), to, now, actor="")
    return f"{found}; the incident's targets were reminded." if told else f"{found}."


def tell_owner(incident: Incident, owner: Owner, text: str, now: datetime, actor: str) -> bool:
    """Queues a message for the targets that reach the owner; whether there are any. The caller has locked the incident.

    `actor`: the person behind it, whose messages ring pagers too; empty for a reminder of the console, which do not."""
    facts = facts_of(incident, "told" if actor else "reminder", text)
    to = Recipients(targets_of([owner])[owner.pk], f"owner {owner}", text)
    return bool(queue_due(facts, to, now, actor=actor))
