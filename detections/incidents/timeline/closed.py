"""Who may write into the timeline of a closed incident."""

from __future__ import annotations

from detections.incidents.models import Incident
from detections.incidents.record.write import IncidentConflict
from opsconsole.accounts.models import User

EDIT_CLOSED = "detections.edit_closed_incident"


def refuse_closed(incident: Incident, by: User | None) -> None:
    """Raises IncidentConflict where the locked incident is closed, perhaps just now, and `by` may not change it.
    None is the console itself."""
    if by is not None and incident.status == Incident.Status.CLOSED and not by.has_perm(EDIT_CLOSED):
        raise IncidentConflict(incident, f"{incident.name} is closed, and you may not change closed incidents.")
