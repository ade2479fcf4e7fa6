"""Summaries are due once a local day, whatever the zone's clocks do; their times follow each other without a gap."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detections.alerts.summary.period import GRACE, LONGEST, SummaryPeriod, last_due, next_period

NEW_YORK = ZoneInfo("America/New_York")
NINE = time(9)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Changes by an hour, by half an hour, at midnight, over midnight, by a day.
ZONES = st.sampled_from(
    [
        *("America/New_York", "Australia/Lord_Howe", "America/Havana", "America/Toronto", "Pacific/Apia"),
        *("Europe/Berlin", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Kwajalein", "America/Nuuk", "UTC"),
    ]
).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(1993, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))
TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "day", "due"),
    [
        ("2026-06-12T12:59:59.999999+00:00", "2026-06-11", "2026-06-11T13:00+00:00"),
        ("2026-06-12T13:00+00:00", "2026-06-12", "2026-06-12T13:00+00:00"),  # 09:00 in summer
        ("2026-12-12T13:30+00:00", "2026-12-11", "2026-12-11T14:00+00:00"),  # 09:00 in winter is an hour later
        ("2026-03-08T13:00+00:00", "2026-03-08", "2026-03-08T13:00+00:00"),  # the day of the change: 23 hours
        ("2026-11-01T14:00+00:00", "2026-11-01", "2026-11-01T14:00+00:00"),  # 25 hours
    ],
)
def test_it_is_due_by_the_clock_of_the_zone(now: str, day: str, due: str) -> None:
    assert last_due(at(now), NINE, NEW_YORK) == (date.fromisoformat(day), at(due))


def test_an_hour_that_is_skipped_and_one_that_comes_twice() -> None:
    half = time(2, 30)
    assert last_due(at("2026-03-08T12:00+00:00"), half, NEW_YORK)[1] == at("2026-03-08T07:30+00:00")
    half = time(1, 30)
    assert last_due(at("2026-11-01T06:45+00:00"), half, NEW_YORK)[1] == at("2026-11-01T05:30+00:00")


def test_a_day_that_was_skipped_has_none() -> None:
    """Samoa went from 29 to 31 December 2011."""
    apia = ZoneInfo("Pacific/Apia")
    assert last_due(at("2011-12-30T18:59+00:00"), NINE, apia)[0] == date(2011, 12, 29)
    assert last_due(at("2011-12-30T19:00+00:00"), NINE, apia)[0] == date(2011, 12, 31)


@given(now=MOMENTS, clock=TIMES, zone=ZONES)
@example(now=datetime(2011, 12, 30, 13, tzinfo=UTC), clock=NINE, zone=ZoneInfo("Pacific/Apia"))
def test_the_last_due_moment_is_within_a_day(now: datetime, clock: time, zone: ZoneInfo) -> None:
    day, moment = last_due(now, clock, zone)
    assert moment <= now
    assert now - moment <= 25 * HOUR
    assert moment.astimezone(zone).date() - day <= DAY  # a time skipped just before midnight
    assert last_due(moment, clock, zone) == (day, moment)


@given(start=MOMENTS, clock=TIMES, zone=ZONES, steps=st.lists(st.timedeltas(MINUTE, 3 * DAY), max_size=20))
def test_whenever_it_runs_times_follow_each_other_and_a_day_has_one(
    start: datetime, clock: time, zone: ZoneInfo, steps: list[timedelta]
) -> None:
    now, made = start, list[SummaryPeriod]()
    for step in [timedelta(0), *steps]:
        now += step
        newest = made[-1].until if made else start - HOUR
        while period := next_period(now, clock, zone, newest):
            made.append(period)
            newest = period.until
            assert period.since < period.until <= now - GRACE
    assert len({period.day for period in made}) == len(made)
    for before, after in itertools.pairwise(made):
        assert before.until == after.since


def test_after_a_pause_there_is_one_for_all_of_it() -> None:
    newest, now = at("2026-06-08T13:00+00:00"), at("2026-06-12T20:00+00:00")
    period = next_period(now, NINE, NEW_YORK, newest)
    assert period == SummaryPeriod(date(2026, 6, 12), newest, at("2026-06-12T13:00+00:00"))
    assert next_period(now, NINE, NEW_YORK, period.until) is None


def test_after_a_long_one_it_is_of_a_week() -> None:
    period = next_period(at("2026-06-12T20:00+00:00"), NINE, NEW_YORK, at("2026-01-01T14:00+00:00"))
    assert period
    assert period.until - period.since == LONGEST


def test_a_new_console_begins_at_the_next_due_time() -> None:
    assert next_period(at("2026-06-12T15:00+00:00"), NINE, NEW_YORK, None) is None
    period = next_period(at("2026-06-13T13:02+00:00"), NINE, NEW_YORK, None)
    assert period == SummaryPeriod(date(2026, 6, 13), at("2026-06-12T13:00+00:00"), at("2026-06-13T13:00+00:00"))


def test_what_is_queued_in_the_last_second_has_a_minute_to_be_stored() -> None:
    newest = at("2026-06-11T13:00+00:00")
    assert next_period(at("2026-06-12T13:00:59+00:00"), NINE, NEW_YORK, newest) is None
    assert next_period(at("2026-06-12T13:01+00:00"), NINE, NEW_YORK, newest)
