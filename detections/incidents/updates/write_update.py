"""Writes an update for the people who follow an incident."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.incidents.models import Incident
from detections.incidents.record.write import IncidentConflict, IncidentInputError, append, lock, refuse_closed
from detections.incidents.timeline_models import TimelineLine
from detections.incidents.update_models import IncidentUpdate
from detections.incidents.updates.promise import problem
from detections.incidents.updates.record_update import record_update
from opsconsole.accounts.models import User
from opsconsole.lib.db.storable import NO_TEXT, storable

LONGEST = 2000  # characters: a message takes it whole, whatever the channel
FASTER = "{} told of it meanwhile (update {}). Read that first; then send yours, if there is more to say."


def write_update(
    incident_id: int,
    text: str,
    now: datetime,
    *,
    by: User,
    actor: str = "",
    next_update_at: datetime | None = None,
    seen: int | None = None,
    after: int | None = None,
) -> IncidentUpdate:
    """Stores the update, queues it for the incident's targets, and promises the next one (None: none). It takes no
    revision: nobody loses by it what they saw.

    `seen`: the revision of the incident that its author saw, since the update says what is so; `after`: the number of
    the newest update that they saw, 0 for none. Raises Incident.DoesNotExist, IncidentInputError, and IncidentConflict
    where either has changed, or the incident is closed and `by` may not change such."""
    text, actor = _readable(text), actor or name_of(by)
    with transaction.atomic():
        incident = lock(incident_id, seen=seen)
        refuse_closed(incident, by)
        _refuse_second(incident, after)
        if sentence := problem(next_update_at, incident.status, now):
            raise IncidentInputError(sentence)
        update = record_update(incident, "update", text, now, actor=actor, by=by, next_update_at=next_update_at)
        said = f"Update {update.number}: {update.text.partition(chr(10))[0]}"
        append(incident, now, said, actor=actor, by=by, kind=TimelineLine.Kind.UPDATE, body=update.text)
    return update


def _refuse_second(incident: Incident, after: int | None) -> None:
    newest = incident.updates.order_by("-number").first()
    if after is not None and newest is not None and newest.number > after:
        raise IncidentConflict(incident, FASTER.format(newest.actor_name, newest.number))


def _readable(text: str) -> str:
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise IncidentInputError("text: say what people should know.")
    if len(text) > LONGEST:
        raise IncidentInputError(f"text: {len(text):,} characters; allowed are {LONGEST:,}.")
    if not storable(text):
        raise IncidentInputError(f"text: {NO_TEXT}.")
    return text
