"""Durations as forms take them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.alerts.routing.durations import parse_duration, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("5m", 300), ("4h", 14400), ("1d", 86400), ("1h30m", 5400), (" 1H 30 m ", 5400), ("90m", 5400)],
)
def test_numbers_with_units(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "30", "m", "5 minutes", "-5m", "1.5h", "30m1h", "٣m", "1h1h", "9999999s"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="Write a number with a unit, s, m, h or d"):
        parse_duration(text)


@given(st.integers(0, 10**7))
def test_what_is_written_is_read(seconds: int) -> None:
    assert parse_duration(written(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
