"""The weekly estimate: plain weeks by hand, contaminated weeks by their robustness."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.rules.statistics import estimator

HOURS = np.arange(estimator.HOURS)


def cells(events, windows=None):
    """Cells of scopes whose hours hold `events` (scopes, 168), each hour's events spread evenly over its windows."""
    events = np.atleast_2d(np.asarray(events, dtype=float))
    windows = np.full_like(events, 60.0) if windows is None else np.atleast_2d(np.asarray(windows, dtype=float))
    total = events * 5
    squares = np.where(windows > 0, total**2 / np.where(windows > 0, windows, 1), 0) + total * 0.9
    return estimator.Cells(windows, total, squares, 5, HOURS % 24)


def test_a_silent_week():
    e = estimator.estimate(cells(np.zeros(168)), 3)
    assert e.events == [0]
    assert e.exposure == [2016]
    assert e.mean == pytest.approx([1 / 2016], rel=0.01)
    assert e.dispersion == pytest.approx([1.5 * (1 + 1 / 2016)])  # the prior alone
    assert e.covered_hours == [168]
    assert e.down_weighted == [0]


def test_an_even_week():
    e = estimator.estimate(cells(np.full(168, 12.0)), 3)  # one error in each window
    assert e.mean == pytest.approx([1.0], rel=0.01)
    assert e.factor == pytest.approx([1.0], rel=0.01)


def test_missing_hours_are_no_zeros():
    windows = np.where(HOURS < 100, 0.0, 60.0)
    e = estimator.estimate(cells(np.where(HOURS < 100, 0.0, 12.0), windows), 3)
    assert e.mean == pytest.approx([1.0], rel=0.02)
    assert e.covered_hours == [68]
    assert e.exposure == [68 * 12]


def test_an_incident_hardly_moves_the_mean():
    usual = np.full(168, 12.0)
    incident = usual.copy()
    incident[50:53] = 3000
    plain, moved = (estimator.estimate(cells(week), 12) for week in (usual, incident))
    assert moved.down_weighted == [3]
    assert moved.mean == pytest.approx(plain.mean, rel=0.02)
    assert moved.dispersion < 2 * plain.dispersion


def test_an_incident_on_a_quiet_scope_is_weighted_down():
    week = np.zeros(168)
    week[[10, 60, 130]] = 1
    week[90] = 500
    e = estimator.estimate(cells(week), 12)
    assert e.down_weighted == [1]
    assert e.mean < 0.05  # of 0.0015 without and 0.25 with it


@pytest.mark.parametrize("hours", [3, 12, 24])
@pytest.mark.parametrize("usual", [0, 1])
def test_a_long_incident_on_a_quiet_scope_is_weighted_down(hours, usual):
    """A day of one error a minute, with which the plain mean of the week is 0.7 a window."""
    week = np.where(HOURS % 20 == 0, usual, 0)
    week[60 : 60 + hours] = 60
    e = estimator.estimate(cells(week), 3)
    assert e.down_weighted == [hours]
    assert e.mean < 0.05


@pytest.mark.parametrize("quiet", [0.0, 0.5, 30.0])
@pytest.mark.parametrize("length", [1, 4, 8])
def test_what_comes_every_day_is_no_incident(quiet, length):
    """Also with sharp edges, and on a scope that is else silent."""
    week = np.where(np.isin(HOURS % 24, range(9, 9 + length)), quiet + 60.0, quiet)
    e = estimator.estimate(cells(week), 9)
    assert e.down_weighted == [0]
    assert e.events == [week.sum()]


def test_an_incident_at_a_busy_time_of_day_is_weighted_down():
    week = np.where((HOURS % 24 >= 9) & (HOURS % 24 < 13), 60.0, 1.0)
    week[24 + 9 : 24 + 13] = 600
    assert estimator.estimate(cells(week), 10).down_weighted == [4]


def test_the_hour_of_the_day_counts():
    week = np.where((HOURS % 24 >= 8) & (HOURS % 24 < 18), 24.0, 2.0)
    day, night = (estimator.estimate(cells(week), hour) for hour in (12, 2))
    assert day.mean == pytest.approx([2.0], rel=0.1)
    assert night.mean == pytest.approx([2 / 12], rel=0.5)
    assert day.down_weighted == [0]


def test_scopes_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    weeks = rng.poisson(rng.uniform(0, 40, (6, 1)), (6, 168)).astype(float)
    windows = np.where(rng.uniform(size=(6, 168)) < 0.1, 0.0, 60.0)
    weeks = np.where(windows > 0, weeks, 0.0)
    together = estimator.estimate(cells(weeks, windows), 7)
    for i in range(6):
        alone = estimator.estimate(cells(weeks[i], windows[i]), 7)
        assert alone.mean[0] == pytest.approx(together.mean[i], rel=1e-12)
        assert alone.dispersion[0] == pytest.approx(together.dispersion[i], rel=1e-12)


def test_no_coverage_gives_no_number():
    e = estimator.estimate(cells(np.zeros(168), np.zeros(168)), 3)
    assert e.covered_hours == [0]
    assert not np.isfinite(e.mean[0])


@given(st.lists(st.integers(0, 10_000), min_size=168, max_size=168), st.integers(0, 23))
def test_any_week_gives_usable_figures(week, hour):
    e = estimator.estimate(cells(week), hour)
    for figure in (e.mean, e.dispersion, e.hour_dispersion, e.factor):
        assert np.isfinite(figure).all()
        assert (figure > 0).all()
    assert (e.dispersion >= 1).all()
