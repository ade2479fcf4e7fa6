"""The contract of a part of the incident's page.

In: the page. Out: the context of its template partial, under one name of its own, read with a fixed number of queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from detections.incidents.models import Incident
from opsconsole.accounts.models import User


@dataclass(frozen=True)
class IncidentPage:
    """Whose page it is, who looks at it and when. `zone` is the one in which times stand beside UTC; `query` the page's
    parameters, of which each part reads its own."""

    incident: Incident
    user: User
    now: datetime
    zone: ZoneInfo
    query: Mapping[str, str] = field(default_factory=dict)

    def may(self, permission: str) -> bool:
        """Whether the visitor has the permission, e.g. `change_incident`, and the incident may be changed by them."""
        if not self.user.has_perm(f"detections.{permission}"):
            return False
        closed = self.incident.status == Incident.Status.CLOSED
        return not closed or self.user.has_perm("detections.edit_closed_incident")
