"""Pure: what is usual, estimated from a week of hour cells, robust against incidents in it (no ORM).

Farrington-style weights and a quasi-Poisson spread; the method was chosen by simulation (a small one is kept in
tests/detections/rules/evaluation/test_simulation.py). Every function works on many scopes at once: arrays of shape
(scopes, hours). A cell holds the overlapping windows that end in its hour, so a window of w minutes counts every event
w times; totals and exposures are divided by w, which gives events and whole windows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detections.rules.statistics.tails import Floats, Ints

HOURS = 168  # a week, so that each hour of the day comes seven times
MEDIAN_START = 5.0  # below this the median of small counts says little
TRIMMED = 0.35  # there: share of the busiest hours (59 of a week) that the start leaves out
PASSES = 3
DOWNWEIGHT_ABOVE = 3.5  # Anscombe residuals beyond it are taken for incidents
LEAST_INCIDENT = 5.0  # events in an hour: two errors at once on a route that is else silent are no incident
FACTOR_PRIOR = 20.0  # events: an hour of the day is told apart only where it has seen that many
DISPERSION_PRIOR = 1.5  # errors cluster a little; weighs as much as 20 events
DISPERSION_PRIOR_EVENTS = 20.0
MINUTES = 60


@dataclass(frozen=True)
class Cells:
    """Hour cells of many scopes: float arrays (scopes, hours). Missing and excluded hours have 0 windows."""

    windows: Floats
    total: Floats
    squares: Floats
    window_minutes: int
    hour_of_day: Ints  # (hours,)

    @property
    def events(self) -> Floats:
        return self.total / self.window_minutes

    @property
    def exposure(self) -> Floats:
        """In whole (non-overlapping) windows."""
        return self.windows / self.window_minutes


@dataclass(frozen=True)
class Estimates:
    """What is usual in one hour of the day, per scope: arrays (scopes,). `mean` is of one window."""

    events: Floats  # S: weighted events of the week
    exposure: Floats  # T: weighted exposure in windows
    factor_events: Floats  # S_c, of the hour of the day +-1 h
    factor_expected: Floats  # E_c
    dispersion_raw: Floats  # phi_hat, the weighted Pearson estimate of windows
    hour_dispersion_raw: Floats  # the same of whole hours
    hour_exposure: Floats  # weighted covered hours
    covered_hours: Floats
    down_weighted: Ints

    @property
    def factor(self) -> Floats:
        return hour_factor(self.factor_events, self.factor_expected)

    @property
    def mean(self) -> Floats:
        return usual(self.events, self.exposure) * self.factor

    @property
    def dispersion(self) -> Floats:
        """phi_p of a window: its own spread and the uncertainty of the mean."""
        return predictive(shrunk(self.dispersion_raw, self.events), self.exposure)

    @property
    def hour_dispersion(self) -> Floats:
        """phi_p of a whole hour."""
        return predictive(shrunk(self.hour_dispersion_raw, self.events), self.hour_exposure)


def usual(events: Floats, exposure: Floats) -> Floats:
    """mu per window: (S + 1) / T; the 1 keeps a silent week from promising silence for ever."""
    with np.errstate(divide="ignore"):  # no exposure: infinity, which nobody compares with
        return (events + 1) / exposure


def hour_factor(events: Floats, expected: Floats) -> Floats:
    return (events + FACTOR_PRIOR) / (expected + FACTOR_PRIOR)


def shrunk(raw: Floats, events: Floats) -> Floats:
    """phi: the estimate drawn towards the prior where few events were seen, never below Poisson."""
    drawn = (events * raw + DISPERSION_PRIOR_EVENTS * DISPERSION_PRIOR) / (events + DISPERSION_PRIOR_EVENTS)
    return np.asarray(np.maximum(1.0, drawn), dtype=np.float64)


def predictive(dispersion: Floats, exposure: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return dispersion * (1 + 1 / exposure)


def estimate(cells: Cells, hour_of_day: int) -> Estimates:
    """What is usual in windows of `hour_of_day` (0-23, UTC). A scope without any covered window gives NaN."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weights = robust_weights(cells)
        events, exposure = cells.events, cells.exposure
        S, T = (weights * events).sum(axis=1), (weights * exposure).sum(axis=1)
        factor_events, factor_expected = _by_hour_of_day(cells, weights, usual(S, T))
        mean = usual(S, T)[:, None] * hour_factor(factor_events, factor_expected)[:, cells.hour_of_day]
        return Estimates(
            events=S,
            exposure=T,
            factor_events=factor_events[:, hour_of_day],
            factor_expected=factor_expected[:, hour_of_day],
            dispersion_raw=_window_dispersion(cells, weights, mean),
            hour_dispersion_raw=_hour_dispersion(events, mean * exposure, weights),
            hour_exposure=(weights * cells.windows).sum(axis=1) / MINUTES,
            covered_hours=cells.windows.sum(axis=1) / MINUTES,
            down_weighted=((weights < 1) & (cells.windows > 0)).sum(axis=1),
        )


def robust_weights(cells: Cells) -> Floats:
    """1 for an ordinary hour, less for one that stands out, 0 for a missing one; shape (scopes, hours)."""
    events, exposure, seen = cells.events, cells.exposure, cells.windows > 0
    mean, spread, daily = _start(events, exposure, seen)
    weights, powers = seen.astype(np.float64), events ** (2 / 3)
    for _ in range(PASSES):
        expected = np.where(seen, np.maximum(mean[:, None], daily) * exposure, 1.0)
        residual = 1.5 * (powers * expected ** (-1 / 6) - expected**0.5) / np.sqrt(spread)[:, None]
        stands_out = (residual > DOWNWEIGHT_ABOVE) & (events >= LEAST_INCIDENT)
        weights = np.where(seen, np.where(stands_out, np.maximum(residual, 1.0) ** -2, 1.0), 0.0)
        mean = usual((weights * events).sum(axis=1), (weights * exposure).sum(axis=1))
        spread = np.maximum(1.0, _hour_dispersion(events, np.maximum(mean[:, None], daily) * exposure, weights))
    return weights


def _start(events: Floats, exposure: Floats, seen: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """What to start from: mean per window and spread of hours (scopes,), and what each hour has daily (scopes, hours).

    Median and median deviation where counts are large enough. Where they are small the median is 0: there the busiest
    hours are left out, else a long incident inflates the spread that it is measured by and passes for usual. What comes
    every day is no incident: an hour is compared with at least the median of its own hour of the day.
    """
    full = exposure.max(axis=1, keepdims=True)
    hourly = np.where(seen, events / np.where(seen, exposure, 1.0) * full, np.nan)
    median = _median(hourly)
    deviation = 1.4826 * _median(np.abs(hourly - median[:, None]))
    ranks = _ranks(-np.nan_to_num(hourly, nan=-1.0))
    kept = (seen & (ranks >= TRIMMED * seen.sum(axis=1, keepdims=True))).astype(np.float64)
    plain = usual((kept * events).sum(axis=1), (kept * exposure).sum(axis=1))
    large = median >= MEDIAN_START
    daily = _by_day(hourly) / np.where(full > 0, full, 1.0)
    plain_spread = _hour_dispersion(events, np.maximum(plain[:, None], daily) * exposure, kept)
    mean = np.where(large, median / full[:, 0], plain)
    return mean, np.maximum(1.0, np.where(large, deviation**2 / median, plain_spread)), daily


def _ranks(values: Floats) -> Ints:
    """By row, the place of each value in its order; of equal ones the first comes first."""
    ranks = np.empty(values.shape, dtype=np.int64)
    places = np.broadcast_to(np.arange(values.shape[1]), values.shape)
    np.put_along_axis(ranks, values.argsort(axis=1, kind="stable"), places, axis=1)
    return ranks


def _by_day(hourly: Floats) -> Floats:
    """Of each hour the median of that hour of the day over the days there are; shapes (scopes, hours)."""
    scopes, hours = hourly.shape
    days = hourly.reshape(scopes, hours // 24, 24).transpose(0, 2, 1).reshape(scopes * 24, hours // 24)
    return np.tile(_median(days).reshape(scopes, 24), (1, hours // 24))


def _median(values: Floats) -> Floats:
    """Per row, of what is there; 0 for a row without anything."""
    there = ~np.isnan(values)
    ordered = np.sort(values, axis=1)  # NaN last
    last = np.maximum(there.sum(axis=1) - 1, 0)
    rows = np.arange(len(values))
    middle = (ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) / 2
    return np.asarray(np.nan_to_num(middle), dtype=np.float64)


def _by_hour_of_day(cells: Cells, weights: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Events and expected events of each hour of the day with its two neighbours, shape (scopes, 24)."""
    distance = np.abs(cells.hour_of_day[:, None] - np.arange(24)[None, :])
    near = (np.minimum(distance, 24 - distance) <= 1).astype(np.float64)
    # Not @, whose last digits depend on which scopes are estimated together.
    events, exposure = (np.einsum("sh,hd->sd", weights * each, near) for each in (cells.events, cells.exposure))
    return events, mean[:, None] * exposure


def _window_dispersion(cells: Cells, weights: Floats, mean: Floats) -> Floats:
    """Weighted Pearson estimate over windows, as the ratio of sums (squared deviations over expected counts), not the
    mean of each window's ratio: that would let hours that expect almost nothing outweigh all others. Overlap leaves it
    unbiased and only steadier."""
    squared = cells.squares - 2 * mean * cells.total + cells.windows * mean**2
    return np.asarray((weights * squared).sum(axis=1) / (weights * cells.windows * mean).sum(axis=1))


def _hour_dispersion(events: Floats, expected: Floats, weights: Floats) -> Floats:
    """Weighted Pearson estimate over hours; missing hours have weight 0."""
    pearson = (events - expected) ** 2 / np.where(expected > 0, expected, 1.0)
    return np.asarray((weights * pearson).sum(axis=1) / weights.sum(axis=1))
