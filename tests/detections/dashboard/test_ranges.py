"""Ranges of time: whole buckets, the running one last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.dashboard.ranges import DEFAULT, RANGES, Range, find
from detections.telemetry.queries import MINUTES_UP_TO

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


@given(moments, st.sampled_from(RANGES))
def test_a_window_ends_with_the_running_bucket_and_has_whole_buckets(now: datetime, chosen: Range) -> None:
    start, end = chosen.window(now)
    assert end - chosen.step <= now < end
    assert end - start == chosen.span
    assert chosen.span % chosen.step == timedelta(0)
    assert chosen.span % chosen.spark == timedelta(0)


@given(moments, st.sampled_from([each for each in RANGES if each.span > MINUTES_UP_TO]))
def test_long_ranges_start_at_a_full_hour_because_they_are_read_from_hour_cells(now: datetime, chosen: Range) -> None:
    start, _ = chosen.window(now)
    assert (start.minute, start.second, start.microsecond) == (0, 0, 0)
    assert chosen.step % timedelta(hours=1) == timedelta(0)


def test_from_a_quarter_of_an_hour_to_ninety_days() -> None:
    spans = [each.span for each in RANGES]
    assert (spans[0], spans[-1]) == (timedelta(minutes=15), timedelta(days=90))
    assert spans == sorted(spans)


@pytest.mark.parametrize("key", [None, "", "nonsense"])
def test_an_unknown_key_falls_back(key: str | None) -> None:
    assert find(key).key == DEFAULT
