"""Incidents like this one, on the incident's page."""

from __future__ import annotations

from typing import Any

from detections.incidents.incident_page import IncidentPage


def context(page: IncidentPage) -> dict[str, Any]:
    """`similar`: what the partial shows."""
    return {"similar": None}
