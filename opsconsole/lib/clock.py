"""The clock: the one place that reads the time (pure). Calculations take times as arguments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)


def now() -> datetime:
    """The current time, aware, UTC. Called at the edges (views, tasks, commands) and passed on."""
    return datetime.now(UTC)


def floor_minute(moment: datetime) -> datetime:
    """The start of the minute that `moment` lies in."""
    return moment.replace(second=0, microsecond=0)


def floor_hour(moment: datetime) -> datetime:
    """The start of the hour that `moment` lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)
