"""The timeline on the incident's page."""

from __future__ import annotations

from typing import Any

from detections.incidents.incident_page import IncidentPage
from detections.incidents.timeline.view import context_of


def context(page: IncidentPage) -> dict[str, Any]:
    """`timeline`: what the partial shows. Five queries."""
    return {"timeline": context_of(page)["timeline"]}
