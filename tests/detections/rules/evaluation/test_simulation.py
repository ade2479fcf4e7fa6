"""A small simulation, seeded: how often each method cries wolf in a week, and whether an incident in the baseline
blinds it. It holds the orders of magnitude that the choice of method was made on, not exact figures.

Errors cluster (variance 1.5 times the mean), as they do. An alarm is a run of firing minutes with gaps of at most 5.
"""

from __future__ import annotations

import numpy as np
import pytest

from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import HIGH, WindowCounts, compare_with_limits
from detections.rules.spec.conditions import Exceedance
from detections.rules.statistics import estimator, tails

pytestmark = pytest.mark.slow

ROUTES, HOURS = 12, 169 + 168
GATED = Exceedance()


class Week:
    """A week of minutes of ROUTES routes that are well, after a week of baseline."""

    def __init__(self, per_minute: float, *, incident: bool = False) -> None:
        rng = np.random.default_rng(20260612)
        minutes = rng.negative_binomial(per_minute / 0.5, 1 / 1.5, (ROUTES, HOURS * 60))
        if incident:
            minutes[:, 3000:3120] += rng.poisson(20, (ROUTES, 120))
        self.window, self.hour = self._sums(minutes, 5), self._sums(minutes, 60)
        cells = self.window.reshape(ROUTES, HOURS, 60)
        self.total, self.squares = cells.sum(axis=2).astype(float), (cells**2).sum(axis=2).astype(float)

    def _sums(self, minutes, length):
        summed = np.cumsum(np.pad(minutes, ((0, 0), (length, 0))), axis=1)
        return summed[:, length:] - summed[:, :-length]

    def hours(self):
        for hour in range(169, HOURS):
            past = slice(hour - 169, hour - 1)
            of_day = np.arange(hour - 169, hour - 1) % 24
            cells = estimator.Cells(np.full((ROUTES, 168), 60.0), self.total[:, past], self.squares[:, past], 5, of_day)
            yield slice(hour * 60, hour * 60 + 60), estimator.estimate(cells, hour % 24)

    def alarms(self, limit_of):
        firing = [self.window[:, at] >= limit_of(e)[:, None] for at, e in self.hours()]
        return _alarms(np.concatenate(firing, axis=1))

    def pages(self):
        """Alarms of severity high or above, by the real decision."""
        fired = np.zeros((ROUTES, 168 * 60), dtype=bool)
        for at, e in self.hours():
            exceed, high = (tails.least_count(e.mean, e.dispersion, a) for a in (GATED.alpha, GATED.high_alpha))
            hour = tails.least_count(e.mean * 12, e.hour_dispersion, GATED.hour_alpha)
            for route, minute in zip(*np.nonzero(self.window[:, at] >= exceed[:, None]), strict=True):
                t = at.start + minute
                count, before = self.window[route, t], self.window[route, t - 5]
                counts = WindowCounts(count, count, before, self.hour[route, t])
                limits = Limits(exceed[route], high[route], hour[route])
                severity = compare_with_limits(GATED, limits, counts, []).severity
                fired[route, t - 169 * 60] = severity is not None and severity >= HIGH
        return _alarms(fired)


def _alarms(firing):
    """Alarms per route and week."""
    number = 0
    for row in firing:
        number += (np.diff(np.flatnonzero(row), prepend=-100) > 5).sum()
    return number / len(firing)


def _plain_three_sigma(e):
    mean = e.events / e.exposure
    return tails.least_above_sigma(mean, np.ones_like(mean), 3)


def _plain_poisson(e):
    mean = e.events / e.exposure
    return tails.least_count(mean, np.ones_like(mean), tails.ONE_SIDED_3_SIGMA)


def _engine(e):
    return tails.least_count(e.mean, e.dispersion, tails.ONE_SIDED_3_SIGMA)


@pytest.fixture(scope="module")
def week():
    return Week(0.5)


def test_the_plain_methods_cry_wolf_dozens_of_times_a_week(week):
    assert week.alarms(_plain_three_sigma) > 20
    assert week.alarms(_plain_poisson) > 20


def test_the_engine_hints_a_few_times_and_pages_hardly_ever(week):
    assert week.alarms(_engine) < 10
    assert week.pages() < 0.5


@pytest.mark.parametrize("per_minute", [0.01, 3.0])
def test_quiet_and_busy_routes_are_hardly_paged_either(per_minute):
    assert Week(per_minute).pages() < 0.5


def test_an_incident_in_the_baseline_does_not_blind_it(week):
    """An outage of 3 errors a minute on top of 0.5: with last week's incident in the sums the limit stays near."""
    _, clean = next(iter(week.hours()))
    _, dirty = next(iter(Week(0.5, incident=True).hours()))
    assert _engine(dirty).mean() <= _engine(clean).mean() + 1.5
    assert (dirty.mean < 1.3 * clean.mean).all()
