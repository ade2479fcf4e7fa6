"""Hours of the week in one time zone (pure: no ORM, no clock).

A time is converted to local time and compared there; nothing is added to a local time, so that both changes of daylight
saving are right: the repeated hour is inside twice, the skipped hour never occurs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_DAY_SECONDS = 24 * 60 * 60
_DAY, _QUARTER = timedelta(days=1), timedelta(minutes=15)


@dataclass(frozen=True)
class WeeklyWindow:
    """[start, end) on each of `weekdays` (0 Monday … 6 Sunday) in `zone`, never on `holidays`. With an end before the
    start the window runs over midnight and belongs to the weekday, and the holiday, on which it starts."""

    name: str
    zone: str
    weekdays: frozenset[int]
    start: str
    end: str
    holidays: frozenset[date] = frozenset()

    def __str__(self) -> str:
        days = ", ".join(DAY_NAMES[day] for day in sorted(self.weekdays))
        return f"{self.start}-{self.end} {days} {self.zone}"


def contains(window: WeeklyWindow, moment: datetime) -> bool:
    """Whether `moment` (aware) lies in the window."""
    local = moment.astimezone(ZoneInfo(window.zone))
    clock = local.hour * 3600 + local.minute * 60 + local.second
    start, end = _seconds(window.start), _seconds(window.end)
    today = local.date()
    if start < end:
        return _applies_on(window, today) and start <= clock < end
    if _applies_on(window, today) and clock >= start:
        return True
    return _applies_on(window, today - timedelta(days=1)) and clock < end


def leaves(window: WeeklyWindow, moment: datetime) -> datetime | None:
    """The end of the hours in which `moment` lies: the first later time outside of the window, in UTC. None where that
    is more than a week away, as of a window that is always open."""
    zone, (hours, minutes) = ZoneInfo(window.zone), divmod(_seconds(window.end) // 60, 60)
    days = [moment.astimezone(zone).date() + timedelta(days=n) for n in range(-1, 8)]
    ends = [datetime.combine(day + timedelta(days=hours // 24), time(hours % 24, minutes), zone) for day in days]
    at = [end.replace(fold=fold).astimezone(UTC) for end in ends for fold in (0, 1)]
    return min(
        (end for end in [*at, *_clock_changes(zone, days)] if end > moment and not contains(window, end)), default=None
    )


def _clock_changes(zone: ZoneInfo, days: list[date]) -> list[datetime]:
    """When the offset of the zone changes on these days, in UTC; zones change it at quarter hours."""
    noons = [datetime.combine(day, time(12), UTC) for day in days]
    changed = [noon for noon in noons if _offset(zone, noon) != _offset(zone, noon + _DAY)]
    quarters = [noon + n * _QUARTER for noon in changed for n in range(1, 97)]
    return [at for at in quarters if _offset(zone, at) != _offset(zone, at - _QUARTER)]


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def local_time(zone: str, moment: datetime) -> str:
    """`Fri 2026-06-12 10:03 EDT`: the time as local time of the zone."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{DAY_NAMES[local.weekday()]} {local:%Y-%m-%d %H:%M %Z}"


def problems(zone: str, weekdays: list[int], start: str, end: str) -> dict[str, str]:
    """By field, a sentence on what is wrong with a window; empty when it is valid."""
    by_field: dict[str, str] = {}
    if zone not in available_timezones():
        by_field["zone"] = f"{zone!r} is no IANA zone; write e.g. America/New_York or Europe/Berlin."
    if not weekdays or not set(weekdays) <= set(range(7)):
        by_field["weekdays"] = "At least one day; 0 is Monday, 6 is Sunday."
    for name, value in (("start", start), ("end", end)):
        if not _CLOCK.fullmatch(value):
            by_field[name] = "Write hours and minutes as HH:MM, e.g. 09:00."
    if start == "24:00":
        by_field["start"] = "A window starts at 23:59 at the latest; 24:00 is an end."
    if start == end and not by_field:
        by_field["end"] = "Start and end are equal; for a whole day write 00:00 to 24:00."
    return by_field


def _applies_on(window: WeeklyWindow, day: date) -> bool:
    return day.weekday() in window.weekdays and day not in window.holidays


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    seconds = int(hours) * 3600 + int(minutes) * 60
    assert 0 <= seconds <= _DAY_SECONDS, clock
    return seconds
