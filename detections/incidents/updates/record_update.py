"""Stores an update of a locked incident, and queues it for the incident's targets."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Max

from detections.alerts.delivery.drafts import Recipients
from detections.alerts.delivery.incident_messages import queue_update, usable
from detections.incidents.models import Incident
from detections.incidents.update_models import IncidentUpdate
from detections.incidents.updates.facts import facts_of
from opsconsole.accounts.models import User
from opsconsole.lib.text.secrets import scrub_lines


def record_update(
    incident: Incident,
    event: str,
    text: str,
    now: datetime,
    *,
    actor: str,
    by: User | None,
    next_update_at: datetime | None,
) -> IncidentUpdate:
    """The update, with what the incident is now; its secrets are replaced. `next_update_at` is promised, None: nothing
    is. An earlier promise is kept by it, so nobody is reminded of that."""
    text = scrub_lines(text)
    incident.next_update_at, incident.update_reminded_at = next_update_at, None
    incident.save(update_fields=["next_update_at", "update_reminded_at"])
    number = (incident.updates.aggregate(last=Max("number"))["last"] or 0) + 1
    state = {"status": incident.status, "severity": incident.severity, "next_update_at": next_update_at}
    update = IncidentUpdate.objects.create(
        incident=incident, number=number, text=text, at=now, actor=by, actor_name=actor, **state
    )
    targets = usable(incident.targets.order_by("pk"))
    to = Recipients([target.pk for target in targets], incident.name, "a target of the incident")
    queue_update(facts_of(incident, event, text) | {"number": number}, to, now, actor=actor)
    return update
