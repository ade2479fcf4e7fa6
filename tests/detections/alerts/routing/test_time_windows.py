"""Time windows: half-open, over midnight, on holidays, and on both days that daylight saving changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.routing.time_windows import WeeklyWindow, contains, leaves, local_time, problems

ET = ZoneInfo("America/New_York")
WORKDAYS = frozenset(range(5))
BUSINESS = WeeklyWindow("Business hours", "America/New_York", WORKDAYS, "09:00", "17:00")
NIGHT = WeeklyWindow("Friday night", "America/New_York", frozenset({4}), "22:00", "06:00")


def et(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ET, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-06-12T08:59:59", False),
        ("2026-06-12T09:00:00", True),
        ("2026-06-12T16:59:59", True),
        ("2026-06-12T17:00:00", False),
        ("2026-06-13T12:00:00", False),  # Saturday
    ],
)
def test_start_is_inside_and_end_is_not(moment: str, inside: bool) -> None:
    assert contains(BUSINESS, et(moment)) is inside


def test_the_zone_decides_not_utc() -> None:
    winter, summer = datetime(2026, 1, 12, 13, 30, tzinfo=UTC), datetime(2026, 7, 13, 13, 30, tzinfo=UTC)
    assert not contains(BUSINESS, winter)  # 08:30 EST
    assert contains(BUSINESS, summer)  # 09:30 EDT


@pytest.mark.parametrize(
    ("moment", "inside"),
    [
        ("2026-06-12T21:59", False),  # Friday
        ("2026-06-12T22:00", True),
        ("2026-06-13T05:59", True),  # Saturday morning belongs to Friday
        ("2026-06-13T06:00", False),
        ("2026-06-13T22:00", False),
        ("2026-06-12T05:00", False),  # Friday morning would belong to Thursday
    ],
)
def test_an_overnight_window_belongs_to_the_day_it_starts_on(moment: str, inside: bool) -> None:
    assert contains(NIGHT, et(moment)) is inside


def test_a_holiday_takes_the_window_that_starts_on_it() -> None:
    friday = date(2026, 6, 12)
    assert not contains(
        WeeklyWindow("w", BUSINESS.zone, WORKDAYS, "09:00", "17:00", frozenset({friday})), et("2026-06-12T12:00")
    )
    night = WeeklyWindow("w", NIGHT.zone, NIGHT.weekdays, "22:00", "06:00", frozenset({friday}))
    assert not contains(night, et("2026-06-13T02:00"))
    saturday = WeeklyWindow("w", NIGHT.zone, NIGHT.weekdays, "22:00", "06:00", frozenset({date(2026, 6, 13)}))
    assert contains(saturday, et("2026-06-13T02:00"))


def test_until_24_00_is_until_midnight() -> None:
    evening = WeeklyWindow("w", "America/New_York", frozenset({4}), "18:00", "24:00")
    assert contains(evening, et("2026-06-12T23:59:59"))
    assert not contains(evening, et("2026-06-13T00:00:00"))


def test_the_hour_that_happens_twice_is_inside_twice() -> None:
    sunday = WeeklyWindow("w", "America/New_York", frozenset({6}), "01:00", "02:00")
    minutes = [datetime(2026, 11, 1, 4, 0, tzinfo=UTC) + timedelta(minutes=n) for n in range(240)]
    assert sum(contains(sunday, minute) for minute in minutes) == 120
    assert contains(sunday, et("2026-11-01T01:30", fold=0))
    assert contains(sunday, et("2026-11-01T01:30", fold=1))


def test_the_hour_that_is_left_out_never_comes() -> None:
    gap = WeeklyWindow("w", "America/New_York", frozenset({6}), "02:00", "03:00")
    minutes = [datetime(2026, 3, 8, 5, 0, tzinfo=UTC) + timedelta(minutes=n) for n in range(240)]
    assert not any(contains(gap, minute) for minute in minutes)
    around = WeeklyWindow("w", "America/New_York", frozenset({6}), "01:30", "03:30")
    assert sum(contains(around, minute) for minute in minutes) == 60


moments = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
clocks = st.integers(0, 24 * 60 - 1).map(lambda n: f"{n // 60:02}:{n % 60:02}")
zones = st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
days = st.frozensets(st.integers(0, 6), min_size=1)


@given(moments, zones, clocks, clocks)
def test_a_window_and_its_rest_of_the_day_share_no_moment_and_leave_none(
    moment: datetime, zone: str, start: str, end: str
) -> None:
    if start == end:
        return
    every = frozenset(range(7))
    window = WeeklyWindow("w", zone, every, start, end)
    rest = WeeklyWindow("w", zone, every, end, start)
    assert contains(window, moment) is not contains(rest, moment)


@given(moments, zones, days, clocks, clocks)
def test_days_divide_a_window(moment: datetime, zone: str, weekdays: frozenset[int], start: str, end: str) -> None:
    if start == end:
        return
    whole = contains(WeeklyWindow("w", zone, weekdays, start, end), moment)
    assert whole == any(contains(WeeklyWindow("w", zone, frozenset({day}), start, end), moment) for day in weekdays)


@given(moments, zones)
def test_the_whole_week_is_always_inside(moment: datetime, zone: str) -> None:
    assert contains(WeeklyWindow("w", zone, frozenset(range(7)), "00:00", "24:00"), moment)


def test_problems_name_the_field() -> None:
    assert problems("America/New_York", [0, 4], "09:00", "17:00") == {}
    assert set(problems("Mars/Olympus", [7], "9", "25:00")) == {"zone", "weekdays", "start", "end"}
    assert set(problems("UTC", [], "24:00", "24:00")) == {"weekdays", "start"}
    assert set(problems("UTC", [1], "09:00", "09:00")) == {"end"}


def test_local_time_names_its_zone() -> None:
    assert local_time("America/New_York", datetime(2026, 6, 12, 14, 3, tzinfo=UTC)) == "Fri 2026-06-12 10:03 EDT"


CLOCK = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
NEAR_CHANGES = st.sampled_from([datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)])


@given(
    zone=st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Europe/Berlin", "UTC"]),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    clocks=st.tuples(CLOCK, CLOCK | st.just("24:00")).filter(lambda pair: pair[0] != pair[1]),
    day=NEAR_CHANGES,
    minute=st.integers(-24 * 60, 48 * 60),
)
def test_a_window_is_left_in_the_first_minute_outside_of_it(
    zone: str, weekdays: frozenset[int], clocks: tuple[str, str], day: datetime, minute: int
) -> None:
    window, moment = WeeklyWindow("W", zone, weekdays, *clocks), day + timedelta(minutes=minute)
    if not contains(window, moment):
        return
    left = next((t for n in range(1, 36 * 60) if not contains(window, t := moment + timedelta(minutes=n))), None)
    found = leaves(window, moment)
    assert found == left or (left is None and (found is None or found > moment + timedelta(hours=35)))


@pytest.mark.parametrize(
    ("start", "end", "moment", "left"),
    [
        ("01:30", "05:00", "2026-11-01T01:45", "2026-11-01T06:00"),  # the clock goes back to before its start
        ("00:30", "02:30", "2026-03-08T01:00", "2026-03-08T07:00"),  # the clock skips its end
        ("22:00", "24:00", "2026-06-12T23:00", "2026-06-13T04:00"),
    ],
)
def test_ends_on_days_that_change_the_clock(start: str, end: str, moment: str, left: str) -> None:
    window = WeeklyWindow("W", "America/New_York", frozenset(range(7)), start, end)
    assert leaves(window, et(moment)) == datetime.fromisoformat(left).replace(tzinfo=UTC)


def test_a_window_that_is_always_open_is_not_left() -> None:
    always = WeeklyWindow("W", "America/New_York", frozenset(range(7)), "00:00", "24:00")
    assert leaves(always, et("2026-06-12T23:00")) is None
