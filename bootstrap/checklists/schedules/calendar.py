"""The periods of a schedule: when each starts, and what it is called (pure).

A person thinks in days and a wall clock of a zone; a period starts at a moment in UTC. The first day says the rest: a
weekly schedule starts on its day of the week, a monthly one on its day of the month, or on the last day of a month that
is shorter.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, islice
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Unit = Literal["day", "week", "month", "quarter", "year"]
UNITS: tuple[Unit, ...] = get_args(Unit)
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)  # on which a schedule may start
MOST = 100  # units in a period
_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True)
class Cadence:
    """A period each `every` units from `starts_on` on, at the wall clock `at` of `zone`."""

    starts_on: date
    at: time
    zone: ZoneInfo
    unit: Unit
    every: int = 1

    @property
    def longest(self) -> timedelta:
        """At least as long as any of its periods."""
        days = self.every * (_DAYS[self.unit] if self.unit in _DAYS else 31 * _MONTHS[self.unit])
        return timedelta(days=days + (1 if self.unit in _DAYS else 0))

    def describe(self) -> str:
        """In words, e.g. `every 2 weeks on Monday at 09:00 Europe/Berlin`."""
        each = {"day": "daily", "week": "weekly", "month": "monthly", "quarter": "quarterly", "year": "yearly"}
        often = each[self.unit] if self.every == 1 else f"every {self.every} {self.unit}s"
        day, weekday = self.starts_on, calendar.day_name[self.starts_on.weekday()]
        on = {"day": "", "week": f" on {weekday}", "year": f" on {day:%B} {day.day}"}
        where = on.get(self.unit, f" on day {day.day} of the month")
        return f"{often}{where} at {self.at:%H:%M} {self.zone.key}"


@dataclass(frozen=True)
class Period:
    """[start, end) in UTC; `day` is the local day on which it starts, `number` counts from 0."""

    number: int
    day: date
    start: datetime
    end: datetime
    name: str


def period(cadence: Cadence, number: int) -> Period:
    """The period with this number, from 0. Raises OverflowError beyond the year 9999."""
    day = _day(cadence, number)
    return Period(number, day, _moment(cadence, number), _moment(cadence, number + 1), _name(cadence.unit, day))


def period_at(cadence: Cadence, now: datetime) -> Period | None:
    """The period that `now` is in; None before the first one.

    Where a zone skipped a whole day (Samoa, 2011) two periods start at one moment, and the first of them has no
    length: no moment is in it.
    """
    if now < _moment(cadence, 0):
        return None
    number = max(0, _guess(cadence, now.astimezone(cadence.zone).date()))
    while number and _moment(cadence, number) > now:
        number -= 1
    while _moment(cadence, number + 1) <= now:
        number += 1
    return period(cadence, number)


def upcoming(cadence: Cadence, after: datetime, how_many: int) -> list[Period]:
    """The next periods that start after that moment."""
    current = period_at(cadence, after)
    return list(islice(_from(cadence, current.number + 1 if current else 0), how_many))


def numbers_between(cadence: Cadence, earlier: date, later: Period) -> int:
    """How many periods of the cadence lie between the one that started on `earlier`, or would have, and `later`."""
    number = later.number
    while number and _day(cadence, number - 1) > earlier:
        number -= 1
    return max(0, later.number - number)


def _from(cadence: Cadence, number: int) -> Iterator[Period]:
    return (period(cadence, each) for each in count(number))


def _guess(cadence: Cadence, today: date) -> int:
    """About the number of the period of a local day."""
    if cadence.unit in _DAYS:
        return (today - cadence.starts_on).days // (_DAYS[cadence.unit] * cadence.every)
    months = 12 * (today.year - cadence.starts_on.year) + today.month - cadence.starts_on.month
    return months // (_MONTHS[cadence.unit] * cadence.every)


def _day(cadence: Cadence, number: int) -> date:
    steps = number * cadence.every
    if cadence.unit in _DAYS:
        return cadence.starts_on + timedelta(days=steps * _DAYS[cadence.unit])
    months = 12 * cadence.starts_on.year + cadence.starts_on.month - 1 + steps * _MONTHS[cadence.unit]
    year, month = divmod(months, 12)
    if year > date.max.year:
        raise OverflowError("there is no such year")
    return date(year, month + 1, min(cadence.starts_on.day, calendar.monthrange(year, month + 1)[1]))


def _moment(cadence: Cadence, number: int) -> datetime:
    """When the period starts, in UTC: of an hour that is there twice the first, of one that is skipped as if it were
    not."""
    return datetime.combine(_day(cadence, number), cadence.at, tzinfo=cadence.zone).astimezone(UTC)


def _name(unit: Unit, day: date) -> str:
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"week {week} of {year}"
    if unit == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day:%Y}" if unit == "year" else f"{day:%Y-%m}" if unit == "month" else day.isoformat()
