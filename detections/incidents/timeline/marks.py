"""What people say of lines: important, left out, or neither."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.alerts.handling.acknowledge import name_of
from detections.incidents.record.write import IncidentInputError, lock, refuse_closed
from detections.incidents.timeline_models import TimelineLine, TimelineMark
from opsconsole.accounts.models import User

Mark = TimelineMark.Mark


def mark_line(
    incident_id: int, line_id: int, mark: str, now: datetime, *, by: User, actor: str = ""
) -> TimelineMark | None:
    """Marks a line of the incident; '' for neither. None where it stands so already: two people who want the same do it
    once, of two who do not the later one's holds, and both are kept.

    `actor` as in `notes.add_note`. Raises TimelineLine.DoesNotExist, Incident.DoesNotExist, IncidentInputError, and
    IncidentConflict where the incident is closed and `by` may not change such.
    """
    if mark not in Mark.values:
        raise IncidentInputError(f"A mark is one of {', '.join(filter(None, Mark.values))}, or empty for neither.")
    with transaction.atomic():
        incident = lock(incident_id)
        refuse_closed(incident, by)
        line = TimelineLine.objects.get(pk=line_id, incident=incident)
        if standing_of(line) == mark:
            return None
        who = {"actor": by, "actor_name": actor or name_of(by)}
        return TimelineMark.objects.create(incident=incident, line=line, mark=mark, at=now, **who)


def standing_of(line: TimelineLine) -> str:
    """The mark that holds for the line: the newest of a person, else as its source judges."""
    newest = line.marks.order_by("-id").first()
    if newest is not None:
        return newest.mark
    return Mark.IMPORTANT if line.important else Mark.PLAIN
