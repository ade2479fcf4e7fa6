"""Incidents like this one, on the incident's page."""

from __future__ import annotations

from typing import Any

from detections.incidents.incident_page import IncidentPage
from detections.incidents.similar.seen_before import of_incident


def context(page: IncidentPage) -> dict[str, Any]:
    """`similar`: the incidents that have something in common with it, at most five."""
    return {"similar": of_incident(page.incident)}
