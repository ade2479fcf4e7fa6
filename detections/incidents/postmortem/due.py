"""When a postmortem is due (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.incidents.models import SeverityLevel


def due_at(level: SeverityLevel | None, resolved_at: datetime) -> datetime | None:
    """As many days after resolving as the severity says, to the minute; None where none is asked for, and of an
    incident without a severity."""
    if level is None or level.postmortem_days is None:
        return None
    return resolved_at + timedelta(days=level.postmortem_days)
