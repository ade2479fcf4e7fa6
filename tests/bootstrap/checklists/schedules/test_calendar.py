"""Periods of schedules: each moment is in one, wherever clocks are changed and however long months are."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrap.checklists.schedules.calendar import UNITS, Cadence, numbers_between, period, period_at, upcoming

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"]
CADENCES = st.builds(
    Cadence,
    starts_on=st.dates(date(2005, 1, 1), date(2040, 12, 31)),
    at=st.times().map(lambda at: at.replace(second=0, microsecond=0)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    unit=st.sampled_from(UNITS),
    every=st.integers(1, 20),
)
MOMENTS = st.datetimes(datetime(2004, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))


def cadence(day: str, unit: str, every: int = 1, at: str = "09:00", zone: str = "Europe/Berlin") -> Cadence:
    return Cadence(date.fromisoformat(day), time.fromisoformat(at), ZoneInfo(zone), unit, every)  # type: ignore[arg-type]


@given(CADENCES, MOMENTS)
def test_each_moment_from_the_first_on_is_in_exactly_one_period(each: Cadence, now: datetime) -> None:
    found = period_at(each, now)
    if found is None:
        assert now < period(each, 0).start
        return
    assert found.start <= now < found.end
    around = [period(each, number) for number in range(max(0, found.number - 3), found.number + 4)]
    assert [one.number for one in around if one.start <= now < one.end] == [found.number]


@given(CADENCES, st.integers(0, 300))
def test_a_period_ends_where_the_next_one_starts_and_has_a_name_of_its_own(each: Cadence, number: int) -> None:
    one, other = period(each, number), period(each, number + 1)
    assert one.end == other.start
    assert one.start <= other.start
    assert one.day < other.day
    assert one.name != other.name
    assert other.start - one.start <= each.longest


@given(CADENCES, MOMENTS)
def test_the_next_periods_start_after_the_moment_in_order(each: Cadence, now: datetime) -> None:
    starts = [one.start for one in upcoming(each, now, 5)]
    assert len(starts) == 5
    assert starts == sorted(starts)
    assert starts[0] > now


@pytest.mark.parametrize(
    ("each", "days"),
    [
        (cadence("2026-01-31", "month"), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        (cadence("2028-02-29", "year"), ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        (cadence("2026-08-31", "quarter"), ["2026-08-31", "2026-11-30", "2027-02-28", "2027-05-31", "2027-08-31"]),
        (cadence("2026-11-30", "week", 2), ["2026-11-30", "2026-12-14", "2026-12-28", "2027-01-11", "2027-01-25"]),
        (cadence("2026-02-26", "day", 2), ["2026-02-26", "2026-02-28", "2026-03-02", "2026-03-04", "2026-03-06"]),
    ],
)
def test_the_day_of_the_month_stays_where_months_have_it(each: Cadence, days: list[str]) -> None:
    assert [period(each, number).day.isoformat() for number in range(5)] == days


def test_it_starts_at_the_wall_clock_on_both_sides_of_a_change_of_clocks() -> None:
    weekly = cadence("2026-10-19", "week")
    assert [f"{period(weekly, number).start:%d %H:%M}" for number in range(2)] == ["19 07:00", "26 08:00"]
    skipped = cadence("2026-03-28", "day", at="02:30")  # clocks go from 2:00 to 3:00 on the 29th
    assert [f"{period(skipped, number).start:%d %H:%M}" for number in range(3)] == ["28 01:30", "29 01:30", "30 00:30"]
    twice = cadence("2026-10-25", "day", at="02:30")
    assert period(twice, 0).start == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_a_day_that_a_zone_skipped_has_no_period_of_its_own() -> None:
    daily = cadence("2011-12-29", "day", zone="Pacific/Apia")
    skipped, following = period(daily, 1), period(daily, 2)
    assert skipped.start == skipped.end == following.start
    found = period_at(daily, following.start)
    assert found is not None
    assert found.number == 2


@pytest.mark.parametrize(
    ("unit", "name"),
    [
        ("day", "2027-01-01"),
        ("week", "week 53 of 2026"),
        ("month", "2027-01"),
        ("quarter", "2027-Q1"),
        ("year", "2027"),
    ],
)
def test_a_period_is_called_by_the_day_on_which_it_starts(unit: str, name: str) -> None:
    assert period(cadence("2027-01-01", unit), 0).name == name


def test_periods_between_are_counted_also_from_a_day_that_starts_none() -> None:
    weekly = cadence("2026-11-02", "week")
    later = period(weekly, 4)
    assert numbers_between(weekly, date(2026, 11, 23), later) == 0
    assert numbers_between(weekly, date(2026, 11, 2), later) == 3
    assert numbers_between(weekly, date(2026, 11, 4), later) == 3
    assert numbers_between(weekly, later.day + timedelta(days=1), later) == 0


@pytest.mark.parametrize(
    ("each", "words"),
    [
        (cadence("2026-11-30", "week"), "weekly on Monday at 09:00 Europe/Berlin"),
        (cadence("2026-11-30", "week", 2), "every 2 weeks on Monday at 09:00 Europe/Berlin"),
        (cadence("2026-10-01", "quarter"), "quarterly on day 1 of the month at 09:00 Europe/Berlin"),
        (cadence("2026-10-01", "year", at="00:05", zone="UTC"), "yearly on October 1 at 00:05 UTC"),
        (cadence("2026-10-01", "day"), "daily at 09:00 Europe/Berlin"),
    ],
)
def test_it_is_said_in_words(each: Cadence, words: str) -> None:
    assert each.describe() == words
