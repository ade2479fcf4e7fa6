"""Until when time windows hold messages back (pure: no ORM, no clock)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from detections.alerts.routing.time_windows import WeeklyWindow, contains

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LOOK_AHEAD = 15  # days; windows that hold longer have no end that matters


def muting(windows: Sequence[WeeklyWindow], moment: datetime) -> WeeklyWindow | None:
    """The first window that holds messages at `moment` (aware)."""
    return next((window for window in windows if contains(window, moment)), None)


def muted_until(windows: Sequence[WeeklyWindow], moment: datetime) -> datetime | None:
    """When none of the windows holds any more, to the minute: `moment` where none does now; None where they hold for
    more than LOOK_AHEAD days."""
    now = moment
    while window := muting(windows, now):
        now = window_end(window, now)
        if now - moment > LOOK_AHEAD * DAY:
            return None
    return now


def window_end(window: WeeklyWindow, moment: datetime) -> datetime:
    """The first time after `moment`, which lies in the window, that does not; beyond LOOK_AHEAD days any such."""
    ends = sorted(each for each in set(_changes(window, moment)) if each > moment)
    return next((each for each in ends if not contains(window, each)), moment + (LOOK_AHEAD + 1) * DAY)


def _changes(window: WeeklyWindow, moment: datetime) -> Iterator[datetime]:
    """Times at which a window may begin or end: its hours and midnight of each day, in both offsets where the clock is
    set, and the moment in which it is."""
    zone = ZoneInfo(window.zone)
    first = moment.astimezone(zone).date()
    for number in range(-1, LOOK_AHEAD + 1):
        day = first + number * DAY
        for clock in ("00:00", window.start, window.end):
            yield from _instants(day, clock, zone)
    start = moment.astimezone(UTC).replace(second=0, microsecond=0)
    for number in range(LOOK_AHEAD + 1):
        if changed := _clock_change(zone, start + number * DAY):
            yield changed


def _instants(day: date, clock: str, zone: tzinfo) -> Iterator[datetime]:
    hours, minutes = (0, 0) if clock == "24:00" else map(int, clock.split(":"))
    for fold in (0, 1):
        local = datetime.combine(day + (DAY if clock == "24:00" else 0 * DAY), time(hours, minutes, fold=fold), zone)
        yield local.astimezone(UTC)


def _clock_change(zone: tzinfo, start: datetime) -> datetime | None:
    """The minute within a day of `start` from which the zone has another offset."""
    low, high = start, start + DAY
    before = low.astimezone(zone).utcoffset()
    if high.astimezone(zone).utcoffset() == before:
        return None
    while high - low > MINUTE:
        middle = low + ((high - low) // MINUTE // 2) * MINUTE
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high
