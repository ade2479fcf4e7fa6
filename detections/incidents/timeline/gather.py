"""Writes the lines that the sources have for the timelines of incidents."""

from __future__ import annotations

from datetime import datetime


def gather_all(now: datetime) -> int:
    """Gathers for each incident that is not closed; the number of lines that are new."""
    return 0


def gather(incident_id: int, now: datetime) -> int:
    """Gathers for one incident, whatever its status: after declaring it, after adding alerts, when a person asks.
    The number of lines that are new. Idempotent. Raises Incident.DoesNotExist."""
    return 0
