"""When a mute timing ends: to the minute, over midnight, holidays and both changes of daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.routing.mute_timings import muted_until, muting, window_end
from detections.alerts.routing.time_windows import WeeklyWindow, contains

MINUTE = timedelta(minutes=1)
DAILY = frozenset(range(7))
NIGHTS = WeeklyWindow("Nights", "America/New_York", DAILY, "22:00", "07:00")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "moment", "until"),
    [
        ("22:00", "07:00", "2026-06-13T03:00", "2026-06-13T11:00"),  # EDT
        ("22:00", "07:00", "2026-01-13T04:00", "2026-01-13T12:00"),  # EST
        ("22:00", "07:00", "2026-03-08T04:00", "2026-03-08T11:00"),  # eight hours: 02:00 to 03:00 is skipped
        ("22:00", "07:00", "2026-11-01T03:00", "2026-11-01T12:00"),  # ten hours: 01:00 to 02:00 comes twice
        ("01:00", "02:30", "2026-03-08T06:30", "2026-03-08T07:00"),  # 02:30 never comes: it ends as the clock is set
        ("00:30", "01:30", "2026-11-01T05:00", "2026-11-01T05:30"),  # the first 01:30; the second hour mutes again
        ("00:30", "01:30", "2026-11-01T06:10", "2026-11-01T06:30"),
    ],
)
def test_the_end_of_a_window_in_new_york(start: str, end: str, moment: str, until: str) -> None:
    window = WeeklyWindow("w", "America/New_York", DAILY, start, end)
    assert window_end(window, utc(moment)) == utc(until)


def test_windows_that_follow_each_other_are_one() -> None:
    weekend = WeeklyWindow("Weekend", "UTC", frozenset({5, 6}), "00:00", "24:00")
    monday = WeeklyWindow("Monday morning", "UTC", frozenset({0}), "00:00", "06:00")
    saturday = utc("2026-06-13T10:00")
    assert muted_until([weekend, monday], saturday) == utc("2026-06-15T06:00")
    assert muting([monday, weekend], saturday) == weekend


def test_outside_of_all_windows_it_is_now() -> None:
    noon = utc("2026-06-13T16:00")
    assert muted_until([NIGHTS], noon) == muted_until([], noon) == noon


def test_what_never_ends_has_no_end() -> None:
    assert muted_until([WeeklyWindow("Always", "UTC", DAILY, "00:00", "24:00")], utc("2026-06-13T10:00")) is None


def test_a_holiday_ends_it() -> None:
    always = WeeklyWindow("Always", "UTC", DAILY, "00:00", "24:00", frozenset({date(2026, 6, 15)}))
    assert muted_until([always], utc("2026-06-13T10:00")) == utc("2026-06-15T00:00")


clocks = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
# Around a change of the clock in one of them, and in Lord Howe, where it is set by half an hour.
moments = st.sampled_from([utc("2026-03-08T00:00"), utc("2026-11-01T00:00"), utc("2026-10-03T00:00")])


@given(
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]),
    start=clocks,
    end=clocks,
    days=st.frozensets(st.integers(0, 6), min_size=1),
    day=moments,
    minutes=st.integers(0, 36 * 60),
)
def test_it_is_the_first_minute_that_a_look_at_each_finds(
    zone: str, start: str, end: str, days: frozenset[int], day: datetime, minutes: int
) -> None:
    if start == end:
        return
    window, moment = WeeklyWindow("w", zone, days, start, end), day + minutes * MINUTE
    found = muted_until([window], moment)
    assert found is not None
    looked = moment
    while contains(window, looked):
        looked += MINUTE
    assert found == looked
