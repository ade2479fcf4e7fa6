"""Percentiles, and what each measure takes and leaves out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.incidents.figures.measures import (
    MEASURES,
    IncidentTimes,
    left_out,
    per_week,
    percentile,
    rows_of,
    spread,
)

START = datetime(2026, 6, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WHOLE = IncidentTimes(1, START, START, START + 2 * MINUTE, START + 5 * MINUTE, START + 60 * MINUTE, 3)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=50), st.floats(0, 1))
def test_percentile_is_that_of_numpy(values: list[float], share: float) -> None:
    wanted = float(np.percentile(values, share * 100))
    assert percentile(sorted(values), share) == pytest.approx(wanted, rel=1e-9, abs=1e-6)


def test_a_spread_of_nothing_has_no_median() -> None:
    assert spread([None, None]) == spread([])
    assert spread([]).median is None
    assert (spread([7.0]).median, spread([7.0]).p90, spread([None, 7.0]).n) == (7.0, 7.0, 1)


@pytest.mark.parametrize(
    ("missing", "wanted"),
    [
        ({}, [120, 180, 3600]),
        ({"started_at": None}, [None, 180, None]),
        ({"first_alert_at": None}, [None, None, 3600]),
        ({"first_acknowledged_at": None}, [120, None, 3600]),
        ({"resolved_at": None}, [120, 180, None]),
        ({"first_alert_at": START - MINUTE}, [0, 360, 3600]),
    ],
)
def test_each_measure_takes_two_moments(missing: dict[str, datetime | None], wanted: list[float | None]) -> None:
    assert [measure.seconds(WHOLE._replace(**missing)) for measure in MEASURES] == wanted


def test_what_is_left_out_is_said_with_its_number_once() -> None:
    times = [WHOLE, WHOLE._replace(started_at=None, first_alert_at=None), WHOLE._replace(resolved_at=None)]
    assert left_out(times) == [
        ("MTTD", "1 with an unknown start of impact"),
        ("MTTA", "1 without an alert"),
        ("MTTR", "1 with an unknown start of impact, 1 not resolved yet"),
    ]
    assert left_out([WHOLE]) == []


def test_rows_are_the_whole_time_then_months_and_severities_where_there_are_several() -> None:
    july = WHOLE._replace(declared_at=datetime(2026, 7, 2, tzinfo=UTC), severity=3)
    rows = rows_of([WHOLE, WHOLE._replace(severity=2), july])
    assert [(row.month, row.severity, row.incidents) for row in rows] == [
        ("", 0, 3),
        ("", 1, 1),
        ("", 2, 1),
        ("", 3, 1),
        ("2026-07", 3, 1),
        ("2026-06", 0, 2),
        ("2026-06", 1, 1),
        ("2026-06", 2, 1),
    ]
    assert rows[0].alerts_per_incident == 3


def test_weeks_begin_at_the_start() -> None:
    times = [WHOLE._replace(declared_at=START + timedelta(days=day)) for day in (0, 6, 7, 20)]
    assert per_week(times, START, START + timedelta(days=22)) == [2, 1, 1, 0]
