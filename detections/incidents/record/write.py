"""The frame of every act on an incident: lock it, refuse what was changed meanwhile, write a line of its timeline."""

from __future__ import annotations

from datetime import datetime

from detections.incidents.models import Incident
from detections.incidents.timeline_models import TimelineLine
from opsconsole.accounts.models import User

EDIT_CLOSED = "detections.edit_closed_incident"
TEXT_LENGTH = TimelineLine._meta.get_field("text").max_length or 0
CHANGED = "It changed since you saw it; look at it again."


class IncidentConflict(Exception):
    """The incident has changed meanwhile, or is not in a state for the act. `incident` is as it is now; `message` is a
    sentence for the user."""

    def __init__(self, incident: Incident, message: str) -> None:
        super().__init__(message)
        self.incident = incident
        self.message = message


class IncidentInputError(ValueError):
    """An input cannot be taken; the text is a sentence that names the field and what is allowed."""


def lock(incident_id: int, *, seen: int | None = None) -> Incident:
    """The incident, locked until the end of the transaction. `seen` is the revision that the person saw; None accepts
    any. Raises Incident.DoesNotExist, and IncidentConflict where it has changed since."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident_id)
    if seen is not None and seen != incident.revision:
        raise IncidentConflict(incident, who_changed(incident))
    return incident


def refuse_closed(incident: Incident, by: User | None) -> None:
    """Raises IncidentConflict where the locked incident is closed, perhaps just now, and `by` may not change it. None:
    a program of the console, which may."""
    if by is not None and incident.status == Incident.Status.CLOSED and not by.has_perm(EDIT_CLOSED):
        raise IncidentConflict(incident, f"{incident.name} is closed, and you may not change closed incidents.")


def who_changed(incident: Incident) -> str:
    """What to tell a person who saw an earlier state: who made the revision that it has. One query."""
    last = incident.timeline.filter(ref=_ref(incident)).first()
    if last is None or not last.actor_name:
        return CHANGED
    return f"Not done: {last.actor_name} was faster ({last.text}). Look at it again."


def save(incident: Incident, *fields: str) -> None:
    """Stores these fields of the locked incident, as its next revision."""
    incident.revision += 1
    incident.changed = incident.unsaid = True
    incident.save(update_fields=[*fields, "revision"])


def append(
    incident: Incident,
    now: datetime,
    text: str,
    *,
    actor: str,
    by: User | None = None,
    kind: TimelineLine.Kind = TimelineLine.Kind.ACT,
    body: str = "",
    url: str = "",
    important: bool = False,
    at: datetime | None = None,
    ref: str = "",
) -> TimelineLine:
    """A line of its timeline, in the transaction of the act. `text` is one sentence, `actor` who did it, `at` when it
    happened if not `now`; `ref` is there once in the incident; by default that of the revision, for `who_changed`."""
    return TimelineLine.objects.create(
        incident=incident,
        kind=kind,
        at=at or now,
        recorded_at=now,
        text=text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…",
        body=body,
        actor=by,
        actor_name=actor,
        url=url,
        ref=ref or _first_after(incident),
        important=important,
    )


def _ref(incident: Incident) -> str:
    return f"revision:{incident.revision}"


def _first_after(incident: Incident) -> str:
    """The revision that the line tells of; empty where another line has told of it."""
    told, incident.unsaid = not incident.unsaid, False
    return "" if told else _ref(incident)
