"""The postmortem on the incident's page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import Incident
from detections.incidents.postmortem.versions import history
from detections.incidents.postmortem_models import PostmortemVersion


@dataclass(frozen=True)
class PostmortemState:
    """How far it is. `newest` has no text; `due_at` None: none is asked for, or the incident is closed."""

    newest: PostmortemVersion | None
    due_at: datetime | None
    overdue: bool
    may_edit: bool

    @property
    def word(self) -> str:
        """`not begun`, `in progress`, `finished`."""
        if self.newest is None:
            return "not begun"
        return "finished" if self.newest.finished else "in progress"


def state_of(page: IncidentPage) -> PostmortemState:
    """The state of the postmortem. One query."""
    incident = page.incident
    newest = history(incident).first()
    waits = incident.status != Incident.Status.CLOSED and not (newest is not None and newest.finished)
    due = incident.postmortem_due_at if waits else None
    return PostmortemState(newest, due, due is not None and due < page.now, page.may("change_incident"))


def context(page: IncidentPage) -> dict[str, Any]:
    """`postmortem`: a PostmortemState. One query."""
    return {"postmortem": state_of(page)}
