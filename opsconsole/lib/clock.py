"""The clock: the only module that reads the time. Calculations take times as arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)


def now() -> datetime:
    """The current time in UTC, timezone-aware. Views, tasks and commands call it and pass the time on."""
    return datetime.now(UTC)


def floor_minute(moment: datetime) -> datetime:
    """The start of the minute of `moment`."""
    return moment.replace(second=0, microsecond=0)


def floor_hour(moment: datetime) -> datetime:
    """The start of the hour of `moment`."""
    return moment.replace(minute=0, second=0, microsecond=0)
