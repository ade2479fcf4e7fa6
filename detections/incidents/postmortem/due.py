"""When a postmortem is due, and when people are reminded of it (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from detections.incidents.models import SeverityLevel

BEFORE = timedelta(days=1)  # that the first reminder comes
Reminder = Literal["soon", "due"]


def due_at(level: SeverityLevel | None, resolved_at: datetime) -> datetime | None:
    """As many days after resolving as the severity says, to the minute; None where none is asked for, and of an
    incident without a severity."""
    if level is None or level.postmortem_days is None:
        return None
    return resolved_at + timedelta(days=level.postmortem_days)


def reminder(due: datetime, reminded_at: datetime | None, now: datetime) -> Reminder | None:
    """The reminder to send at `now`, if any: one from a day before, one from when it is due; each once, and anew where
    it became due at another time. After a pause only the newer one."""
    if now >= due:
        return "due" if reminded_at is None or reminded_at < due else None
    if now >= due - BEFORE:
        return "soon" if reminded_at is None or reminded_at < due - BEFORE else None
    return None
