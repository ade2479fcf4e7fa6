"""Hours of the week in one zone (pure: no ORM, no clock).

A moment is converted to local time and compared there; nothing is ever added to a local time, so both changes of
daylight saving come out right: the hour that happens twice is inside twice, the hour that is left out never comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_DAY_SECONDS = 24 * 60 * 60


@dataclass(frozen=True)
class Window:
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


def covers(window: Window, moment: datetime) -> bool:
    """Whether `moment` (aware) lies in the window."""
    local = moment.astimezone(ZoneInfo(window.zone))
    clock = local.hour * 3600 + local.minute * 60 + local.second
    start, end = _seconds(window.start), _seconds(window.end)
    today = local.date()
    if start < end:
        return _counts(window, today) and start <= clock < end
    if _counts(window, today) and clock >= start:
        return True
    return _counts(window, today - timedelta(days=1)) and clock < end


def local_time(zone: str, moment: datetime) -> str:
    """`Fri 2026-06-12 10:03 EDT`: how people in the zone read the moment."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{DAY_NAMES[local.weekday()]} {local:%Y-%m-%d %H:%M %Z}"


def problems(zone: str, weekdays: list[int], start: str, end: str) -> dict[str, str]:
    """What is wrong with a window, by field; empty when it can be used."""
    wrong: dict[str, str] = {}
    if zone not in available_timezones():
        wrong["zone"] = f"{zone!r} is no IANA zone; write e.g. America/New_York or Europe/Berlin."
    if not weekdays or not set(weekdays) <= set(range(7)):
        wrong["weekdays"] = "At least one day; 0 is Monday, 6 is Sunday."
    for name, value in (("start", start), ("end", end)):
        if not _CLOCK.fullmatch(value):
            wrong[name] = "Write hours and minutes as HH:MM, e.g. 09:00."
    if start == "24:00":
        wrong["start"] = "A window starts at 23:59 at the latest; 24:00 is an end."
    if start == end and not wrong:
        wrong["end"] = "Start and end are equal; for a whole day write 00:00 to 24:00."
    return wrong


def _counts(window: Window, day: date) -> bool:
    return day.weekday() in window.weekdays and day not in window.holidays


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    seconds = int(hours) * 3600 + int(minutes) * 60
    assert 0 <= seconds <= _DAY_SECONDS, clock
    return seconds
