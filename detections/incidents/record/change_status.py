"""Changes the status of an incident. Of two people at once one wins, the other gets an IncidentConflict."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.incidents.models import Incident, SeverityLevel
from detections.incidents.postmortem.due import due_at
from detections.incidents.postmortem.versions import is_finished
from detections.incidents.record import inputs
from detections.incidents.record.status import ORDER, Times, choices, goes_back, times_after
from detections.incidents.record.write import IncidentConflict, IncidentInputError, append, lock, save, who_changed
from detections.incidents.updates.tell import tell_of
from opsconsole.accounts.models import User

Status = Incident.Status
REOPEN = "detections.close_incident"
TIMES = ("mitigated_at", "resolved_at", "closed_at")


def change_status(
    incident_id: int,
    to: str,
    now: datetime,
    *,
    by: User | None,
    actor: str = "",
    seen: int | None = None,
    why: str = "",
) -> Incident:
    """The incident in the status `to`; the same again changes nothing. What becomes resolved is postmortem due where
    its severity asks for one. An earlier status needs a reason; `closed` is set by `close.close` alone.

    Raises Incident.DoesNotExist, IncidentConflict, and IncidentInputError for a status that cannot follow and a missing
    reason.
    """
    actor = actor or (name_of(by) if by else "")
    if to not in Status.values:
        raise IncidentInputError(f"status: one of {', '.join(ORDER)}.")
    with transaction.atomic():
        incident = lock(incident_id)
        if incident.status == to or (to == Status.RESOLVED and incident.status == Status.POSTMORTEM_DUE and not why):
            return incident
        if seen is not None and seen != incident.revision:
            raise IncidentConflict(incident, who_changed(incident))
        _refuse_reopening(incident, by)
        said = _change(incident, to, now, why)
        append(incident, now, said, actor=actor, by=by, important=True)
        tell_of(incident, "status", said, now, actor=actor, by=by)
    return incident


def _change(incident: Incident, to: str, now: datetime, why: str) -> str:
    """Sets the status, and says it in a sentence. Raises IncidentInputError."""
    _refuse(incident, to)
    old = incident.get_status_display()
    ask = f"say why it goes back from {old.lower()}." if goes_back(incident.status, to) else ""
    reason = inputs.why(why, required=ask)
    set_status(incident, to, now)
    new = incident.get_status_display()
    if to == Status.RESOLVED != incident.status:  # people are told that it is over, and not only what is left to write
        new = f"{Status.RESOLVED.label}, {new.lower()}"
    return f"Status: {old} → {new}" + (f" ({reason})" if reason else "")


def set_status(incident: Incident, to: str, now: datetime) -> None:
    """Stores the status of the locked incident with its times and what is due. Back from postmortem due to resolved
    says that none is asked for."""
    resolved_at = incident.resolved_at or incident.closed_at  # a runbook does not say when its records were resolved
    after = times_after(to, Times(incident.mitigated_at, resolved_at, incident.closed_at), now)
    if to != Status.CLOSED:
        incident.closed_why = ""
    incident.mitigated_at, incident.resolved_at, incident.closed_at = (getattr(after, name) for name in TIMES)
    waived = incident.status == Status.POSTMORTEM_DUE and to == Status.RESOLVED
    incident.status = to
    if incident.is_over:
        incident.next_update_at = incident.update_reminded_at = None
    if waived:
        incident.postmortem_due_at = incident.postmortem_reminded_at = None
    elif to != Status.CLOSED:
        ask_for_postmortem(incident)
    due = ("postmortem_due_at", "postmortem_reminded_at", "next_update_at", "update_reminded_at")
    save(incident, "status", "closed_why", *TIMES, *due)


def ask_for_postmortem(incident: Incident) -> None:
    """Sets when its postmortem is due, not yet stored; what is resolved becomes postmortem due, unless it is
    finished."""
    level = SeverityLevel.objects.filter(pk=incident.severity).first() if incident.severity is not None else None
    due = due_at(level, incident.resolved_at) if incident.resolved_at is not None else None
    if due != incident.postmortem_due_at:
        incident.postmortem_due_at, incident.postmortem_reminded_at = due, None
    if incident.status == Status.RESOLVED and due is not None and not is_finished(incident):
        incident.status = Status.POSTMORTEM_DUE


def _refuse_reopening(incident: Incident, by: User | None) -> None:
    """Of one that was closed just now too."""
    if by is not None and incident.status == Status.CLOSED and not by.has_perm(REOPEN):
        raise IncidentConflict(incident, f"{incident.name} is closed, and you may not reopen it.")


def _refuse(incident: Incident, to: str) -> None:
    if to == Status.CLOSED:
        raise IncidentInputError("status: close it by closing, which asks what its alerts were.")
    if to not in choices(incident.status):
        names = ", ".join(choices(incident.status))
        raise IncidentInputError(f"status: from {incident.status} it becomes {names}, not {to}.")
