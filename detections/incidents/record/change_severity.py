"""Changes the severity of an incident, with a reason. Of two people at once one wins, the other gets an
IncidentConflict."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.incidents.models import Incident
from detections.incidents.record import inputs
from detections.incidents.record.change_status import ask_for_postmortem
from detections.incidents.record.write import IncidentConflict, append, lock, refuse_closed, save, who_changed
from detections.incidents.updates.tell import tell_of
from opsconsole.accounts.models import User


def change_severity(
    incident_id: int,
    to: int,
    now: datetime,
    *,
    by: User | None,
    actor: str = "",
    seen: int | None = None,
    why: str = "",
) -> Incident:
    """The incident with the severity `to`; the same again changes nothing. What is over and not closed gets the
    postmortem's due date of its new severity; where that asks for none, what was postmortem due is resolved.

    Raises Incident.DoesNotExist, IncidentConflict, and IncidentInputError for no severity and a missing reason.
    """
    actor = actor or (name_of(by) if by else "")
    level = inputs.severity(to)
    with transaction.atomic():
        incident = lock(incident_id)
        if incident.severity == level:
            return incident
        if seen is not None and seen != incident.revision:
            raise IncidentConflict(incident, who_changed(incident))
        refuse_closed(incident, by)
        said = _change(incident, level, why)
        append(incident, now, said, actor=actor, by=by, important=True)
        tell_of(incident, "severity", said, now, actor=actor, by=by)
    return incident


def _change(incident: Incident, level: Incident.Severity, why: str) -> str:
    """Sets the severity with what is due by it, and says it in a sentence. Raises IncidentInputError."""
    reason = inputs.why(why, required="say why the severity changes.")
    old = incident.get_severity_display() if incident.severity else "unknown"
    was_due = incident.postmortem_due_at is not None
    incident.severity = level
    if incident.is_over and incident.status != Incident.Status.CLOSED:
        ask_for_postmortem(incident)
    waived = was_due and incident.postmortem_due_at is None and incident.status == Incident.Status.POSTMORTEM_DUE
    if waived:
        incident.status = Incident.Status.RESOLVED
    save(incident, "severity", "status", "postmortem_due_at", "postmortem_reminded_at")
    return f"Severity: {old} → {level.label} ({reason})" + ("; no postmortem is due any more" if waived else "")
