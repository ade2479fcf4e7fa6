"""Who commands an incident, and who has another role in it. Of two people at once one wins, the other gets an
IncidentConflict."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.alerts.handling.hand_over import NOBODY_TOLD
from detections.incidents.models import Incident, IncidentRole
from detections.incidents.record import inputs
from detections.incidents.record.write import (
    IncidentConflict,
    IncidentInputError,
    append,
    lock,
    refuse_closed,
    save,
    who_changed,
)
from detections.incidents.updates.tell import tell_owner
from opsconsole.accounts.models import Owner, User
from opsconsole.accounts.owners import of_person

ROLE_LENGTH = IncidentRole._meta.get_field("role").max_length or 0
MANY_ROLES = 30  # at a time, of one incident


def hand_over(
    incident_id: int, to: Owner, now: datetime, *, by: User | None, actor: str = "", seen: int | None = None
) -> Incident:
    """Gives the command to `to`, and tells its targets (`was_told`); to who has it already it changes nothing. Raises
    Incident.DoesNotExist and IncidentConflict."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = lock(incident_id)
        if incident.commander_id == to.pk:
            return incident
        if seen is not None and seen != incident.revision:
            raise IncidentConflict(incident, who_changed(incident))
        refuse_closed(incident, by)
        old, incident.commander = incident.commander, to
        save(incident, "commander")
        said = f"Command: {old} → {to}" if old else f"Command: {to}"
        incident.was_told = _tell(incident, to, f"{actor} hands over the command of {incident} to you.", now, actor, by)
        body = "" if incident.was_told or _is_self(to, by) else NOBODY_TOLD
        append(incident, now, said, actor=actor, by=by, body=body, important=True)
    return incident


def take(incident_id: int, now: datetime, *, by: User, actor: str = "", seen: int | None = None) -> Incident:
    """As `hand_over`, to the person itself."""
    return hand_over(incident_id, of_person(by), now, by=by, actor=actor, seen=seen)


def add_role(
    incident_id: int, role: str, to: Owner, now: datetime, *, by: User | None, actor: str = "", seen: int | None = None
) -> Incident:
    """Gives `to` a role, beside others who may have the same, and tells its targets; to who has it already it changes
    nothing. Raises Incident.DoesNotExist, IncidentConflict, IncidentInputError."""
    actor = actor or (name_of(by) if by else "")
    role = inputs.line("role", role, ROLE_LENGTH, required="name it, e.g. communications.")
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        having = incident.roles.filter(until__isnull=True)
        if having.filter(role__iexact=role, owner=to).exists():
            return incident
        if having.count() >= MANY_ROLES:
            raise IncidentInputError(f"role: at most {MANY_ROLES} at a time; end one first.")
        IncidentRole.objects.create(incident=incident, role=role, owner=to, since=now)
        save(incident)
        told = _tell(incident, to, f"{actor} gives you a role in {incident}: {role}.", now, actor, by)
        incident.was_told = told
        body = "" if told or _is_self(to, by) else NOBODY_TOLD
        append(incident, now, f"{role}: {to}", actor=actor, by=by, body=body)
    return incident


def end_role(
    incident_id: int, role_id: int, now: datetime, *, by: User | None, actor: str = "", seen: int | None = None
) -> Incident:
    """Ends a role; one that has ended changes nothing. Raises Incident.DoesNotExist, IncidentConflict, and
    IncidentInputError for a role of no such id."""
    actor = actor or (name_of(by) if by else "")
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        role = incident.roles.select_related("owner").filter(pk=role_id).first()
        if role is None:
            raise IncidentInputError("role: there is no such role in the incident.")
        if role.until is None:
            role.until = now
            role.save(update_fields=["until"])
            save(incident)
            append(incident, now, f"{role.role}: {role.owner} no longer", actor=actor, by=by)
    return incident


def tell_first(incident: Incident, to: Owner, now: datetime, *, by: User | None, actor: str) -> None:
    """Tells the commander of an incident that is declared in this transaction (`was_told`), with a line that says where
    nobody was told. Who declares it for themselves needs neither."""
    if _is_self(to, by):
        return
    text = f"{actor} declares {incident} and gives you the command."
    incident.was_told = _tell(incident, to, text, now, actor, by)
    body = "" if incident.was_told else NOBODY_TOLD
    append(incident, now, f"Command: {to}", actor=actor, by=by, body=body, important=True)


def _tell(incident: Incident, to: Owner, text: str, now: datetime, actor: str, by: User | None) -> bool:
    """Whether the owner was told; who takes something needs no message."""
    return not _is_self(to, by) and tell_owner(incident, to, text, now, actor=actor)


def _is_self(owner: Owner, by: User | None) -> bool:
    return by is not None and owner.user_id == by.pk
