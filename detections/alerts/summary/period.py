"""When a daily summary is due, and of which time it is (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
# What was queued just before the end is stored by then.
GRACE = timedelta(minutes=1)
# A console that is new sends its first one at the next due time, and none for the time before it was there.
FIRST_WITHIN = timedelta(hours=1)
LONGEST = timedelta(days=7)  # that one summary is of, after a console was away


@dataclass(frozen=True)
class SummaryPeriod:
    """[since, until) in UTC, and the local day on which `until` is."""

    day: date
    since: datetime
    until: datetime


def last_due(now: datetime, at: time, zone: ZoneInfo) -> tuple[date, datetime]:
    """The last local day on which the clock of `zone` has shown `at` by `now`, and that moment in UTC.

    A time that is skipped in spring is taken by the clock before the change, the first of two in autumn. A day that a
    zone skipped (Samoa, 2011) is none: the one after it has the same moment."""
    day = now.astimezone(zone).date()
    while (moment := _moment(day, at, zone)) > now:
        day -= DAY
    return day, moment


def next_period(now: datetime, at: time, zone: ZoneInfo, newest: datetime | None) -> SummaryPeriod | None:
    """The period of the summary that is to be made now, if any; `newest` is the end of the last one.

    After a pause there is one for all of it, not one for each day."""
    day, until = last_due(now - GRACE, at, zone)
    if newest is None:
        if now - until > FIRST_WITHIN:
            return None
        return SummaryPeriod(day, last_due(until - timedelta(microseconds=1), at, zone)[1], until)
    return SummaryPeriod(day, max(newest, until - LONGEST), until) if newest < until else None


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
