"""When people can expect the next update (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

from detections.incidents.models import Incident, SeverityLevel

GOES_ON = (Incident.Status.OPEN, Incident.Status.MITIGATED)
LONGEST = timedelta(days=30)
MINUTES = (15, 30, 60, 120, 240, 480, 1440)


def proposed(level: SeverityLevel | None, status: str, now: datetime) -> datetime | None:
    """As many minutes from now as the severity says; None where it says none, and where the impact is over."""
    if status not in GOES_ON or level is None or level.update_minutes is None:
        return None
    return now + timedelta(minutes=level.update_minutes)


def choices(level: SeverityLevel | None) -> list[int]:
    """Minutes that are offered, with that of the severity."""
    own = {level.update_minutes} if level is not None and level.update_minutes else set()
    return sorted({*MINUTES, *own})


def problem(promised: datetime | None, status: str, now: datetime) -> str:
    """Why the time cannot be promised; empty if it can."""
    if promised is None:
        return ""
    if status not in GOES_ON:
        return "next_update_at: none once the impact is over; leave it empty."
    if promised.tzinfo is None:
        return "next_update_at: add a zone, Z or +02:00."
    if not now < promised <= now + LONGEST:
        return f"next_update_at: after now ({now:%Y-%m-%d %H:%M} UTC), at most {LONGEST.days} days ahead."
    return ""


def overdue(incident: Incident, now: datetime) -> bool:
    """Whether a promised time has passed without an update."""
    return incident.status in GOES_ON and incident.next_update_at is not None and incident.next_update_at <= now
