"""Wall clocks of a zone as moments, also where clocks are changed (pure)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


class SkippedTimeError(ValueError):
    """No clock of the zone showed this time; the text is a sentence."""


def moment_of(wall: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment, in UTC, at which clocks of the zone show `wall`, whatever its own zone: of an hour that they show
    twice the later one, unless that is in the future.

    Raises SkippedTimeError where clocks go forward over it, OverflowError where UTC has no such year."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise SkippedTimeError(f"There is no {wall:%H:%M} on {wall:%Y-%m-%d} in {zone.key}: clocks go forward over it.")
    return second if second <= now else first
