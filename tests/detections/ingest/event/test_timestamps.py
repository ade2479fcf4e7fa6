"""Times of all forms, by clocks that are wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.ingest.event.timestamps import occurred_at, parse

NOON = datetime(2026, 6, 12, 12, tzinfo=UTC)
HALF = NOON.replace(microsecond=500_000)


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2026-06-12T12:00:00Z", NOON),
        ("2026-06-12T12:00:00", NOON),
        ("2026-06-12 12:00", NOON),
        ("2026-06-12T14:00:00+02:00", NOON),
        ("2026-06-12T14:00:00.5+0200", HALF),
        ("2026-06-12T12:00:00.500000000Z", HALF),
        ("2026-06-12T12:00:00,5z", HALF),
        (NOON.timestamp(), NOON),
        (int(NOON.timestamp()), NOON),
        (str(NOON.timestamp()), NOON),
        (NOON.timestamp() * 1000 + 500, HALF),
        ("2026-02-30T12:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        (1e300, None),
        ("9" * 400, None),
    ],
)
def test_forms(value: Any, moment: datetime | None) -> None:
    assert parse(value) == moment


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(0, 9))
def test_any_number_of_fractional_digits(naive: datetime, digits: int) -> None:
    fraction = f"{naive.microsecond:06d}000"[:digits]
    text = f"{naive:%Y-%m-%dT%H:%M:%S}{'.' + fraction if fraction else ''}Z"

    found = parse(text)

    assert found is not None
    assert timedelta() <= naive.replace(tzinfo=UTC) - found < timedelta(seconds=1) / 10 ** min(digits, 6)


@given(st.text() | st.floats() | st.integers() | st.none() | st.booleans())
def test_anything_is_a_time_or_none(value: Any) -> None:
    found = parse(value)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("claimed", "sent", "expected", "note"),
    [
        (NOON - timedelta(seconds=5), NOON, NOON - timedelta(seconds=5), ""),
        (NOON - timedelta(seconds=5), None, NOON - timedelta(seconds=5), ""),
        (NOON + timedelta(seconds=20), NOON, NOON, ""),
        (NOON + timedelta(hours=3), None, NOON, "future"),
        (NOON - timedelta(days=31), NOON, NOON, "too_old"),
        (NOON + timedelta(hours=3), NOON + timedelta(hours=3, seconds=2), NOON - timedelta(seconds=2), "corrected"),
        (NOON - timedelta(hours=3), NOON - timedelta(hours=2), NOON - timedelta(hours=1), "corrected"),
        (NOON - timedelta(hours=3), NOON - timedelta(seconds=20), NOON - timedelta(hours=3), ""),
    ],
)
def test_the_senders_clock_is_corrected(
    claimed: datetime, sent: datetime | None, expected: datetime, note: str
) -> None:
    found = occurred_at(claimed.isoformat(), sent.isoformat() if sent else None, NOON)

    assert found == (expected, note)


@pytest.mark.parametrize(
    ("claimed", "sent", "note"),
    [
        ("9999-12-31T23:59:59Z", "2020-01-01T00:00:00Z", "future"),
        ("0001-01-01T00:00:00Z", "2030-01-01T00:00:00Z", "too_old"),
    ],
)
def test_a_correction_beyond_all_years_leaves_the_time_of_receipt(claimed: str, sent: str, note: str) -> None:
    assert occurred_at(claimed, sent, NOON) == (NOON, note)


def test_without_a_usable_time_it_is_the_time_of_receipt() -> None:
    assert occurred_at(None, None, NOON) == (NOON, "")
    assert occurred_at("soon", "now", NOON) == (NOON, "unreadable")


@given(st.integers(-(10**10), 10**10), st.integers(-(10**10), 10**10))
def test_no_event_happens_after_its_receipt_or_long_before(claimed: int, sent: int) -> None:
    found = occurred_at(claimed, sent, NOON)

    assert NOON - timedelta(days=30) <= found.at <= NOON
