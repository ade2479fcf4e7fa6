"""Measures what the engine finds and how often it pages in vain: `python bench/detection.py [--routes 100] [--weeks 1]
[--seed 1]`.

Simulated routes (errors cluster: variance 1.5 times the mean) are estimated and judged by the engine's own functions.
The first table says how many alarms of severity high a well route raises in a week, the second what becomes of an
outage of one error a minute after an incident of that size in the baseline's week. Needs no database.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import HIGH, WindowCounts, compare_with_limits
from detections.rules.spec.conditions import Exceedance
from detections.rules.statistics import estimator, tails
from detections.rules.statistics.tails import Floats, Ints

RULE = Exceedance()
BEFORE = 169  # hours before the first judged one
QUIET = 10  # minutes after which firing is another alarm
WITHIN = 60  # minutes: an outage that is found later counts as missed

RATES = (0.001, 0.01, 0.05, 0.5, 5.0)
# By name, what each hour of the day multiplies the rate by.
DAYS = {
    "even": np.ones(24),
    "busy 13-17 h (x30)": np.where((np.arange(24) >= 13) & (np.arange(24) < 17), 30.0, 1.0),
    "office 9-17 h (x10)": np.where((np.arange(24) >= 9) & (np.arange(24) < 17), 10.0, 1.0),
}


class Routes:
    """Minute counts of routes that are well, and what the engine makes of them."""

    def __init__(self, minutes: Ints) -> None:
        self.window, self.hour = _sums(minutes, 5), _sums(minutes, 60)
        cells = self.window.reshape(len(minutes), -1, 60)
        self.total, self.squares = cells.sum(axis=2).astype(float), (cells**2).sum(axis=2).astype(float)

    def limits(self, hour: int) -> tuple[Ints, Ints, Ints]:
        """The limits (window, high, hour) of each route in that hour."""
        past = slice(hour - BEFORE, hour - 1)
        windows = np.full((len(self.total), estimator.HOURS), 60.0)
        of_day = np.arange(hour - BEFORE, hour - 1) % 24
        cells = estimator.Cells(windows, self.total[:, past], self.squares[:, past], 5, of_day)
        e = estimator.estimate(cells, hour % 24)
        window = [tails.least_count(e.mean, e.dispersion, alpha) for alpha in (RULE.alpha, RULE.high_alpha)]
        return window[0], window[1], tails.least_count(e.mean * 12, e.hour_dispersion, RULE.hour_alpha)

    def high(self, hour: int) -> Iterator[tuple[int, int]]:
        """(route, minute) of the hour's minutes that are high."""
        limits = self.limits(hour)
        over = self.window[:, hour * 60 : hour * 60 + 60] >= limits[0][:, None]
        for route, minute in zip(*np.nonzero(over), strict=True):
            t = hour * 60 + minute
            counts = WindowCounts(*(int(n[route, at]) for n, at in self._counts(t)))
            exceed, high, busy_hour = (int(n[route]) for n in limits)
            found = compare_with_limits(RULE, Limits(exceed, high, busy_hour), counts, [])
            if found.severity is not None and found.severity >= HIGH:
                yield int(route), int(t)

    def _counts(self, t: int) -> tuple[tuple[Ints, int], ...]:
        return (self.window, t), (self.window, t), (self.window, t - 5), (self.hour, t)


def pages(rng: np.random.Generator, routes: int, weeks: int, rate: float, day: Floats, *, incident: bool) -> float:
    """Alarms of severity high per route and week; `incident`: two hours at 20 times the rate in each week."""
    hours = BEFORE + 168 * weeks
    usual = np.tile(np.repeat(rate * day, 60), hours // 24 + 1)[: hours * 60]
    if incident:
        for start in range(50 * 60, len(usual), 168 * 60):
            usual[start : start + 120] *= 20
    simulated = Routes(_counts(rng, routes, usual))
    dirty = {h for start in range(50, hours, 168) for h in (start, start + 1, start + 2)} if incident else set()
    fired: dict[int, list[int]] = {}
    for hour in range(BEFORE, hours):
        for route, minute in simulated.high(hour) if hour not in dirty else ():
            fired.setdefault(route, []).append(minute)
    return sum(int((np.diff(sorted(t), prepend=-99) > QUIET).sum()) for t in fired.values()) / routes / weeks


def outage(rng: np.random.Generator, routes: int, rate: float, incident: int) -> tuple[float, float, float]:
    """After `incident` hours of one error a minute: the mean limit, and the share of outages of that size that are
    high within an hour, and the median delay in minutes."""
    usual = np.full((BEFORE + 2) * 60, rate)
    usual[60 * 60 : (60 + incident) * 60] += 1
    usual[BEFORE * 60 :] += 1
    simulated = Routes(_counts(rng, routes, usual))
    first: dict[int, int] = {}
    for route, minute in simulated.high(BEFORE):
        first[route] = min(minute, first.get(route, minute))
    delays = [minute - BEFORE * 60 + 1 for minute in first.values()]
    delay = float(np.median(delays)) if delays else float("nan")
    return float(simulated.limits(BEFORE)[0].mean()), len(delays) / routes, delay


def _counts(rng: np.random.Generator, routes: int, usual: Floats) -> Ints:
    return np.asarray(rng.negative_binomial(usual / 0.5, 1 / 1.5, (routes, len(usual))), dtype=np.int64)


def _sums(minutes: Ints, length: int) -> Ints:
    summed = np.cumsum(np.pad(minutes, ((0, 0), (length, 0))), axis=1)
    return np.asarray(summed[:, length:] - summed[:, :-length], dtype=np.int64)


def print_tables(routes: int, weeks: int, seed: int) -> None:
    print("| errors a minute | day | pages, clean | with 2 h of x20 each week |\n|---|---|---|---|")
    for day, shape in DAYS.items():
        for rate in RATES:
            clean, dirty = (
                pages(np.random.default_rng(seed), routes, weeks, rate, shape, incident=i) for i in (False, True)
            )
            print(f"| {rate} | {day} | {clean:.2f} | {dirty:.2f} |", flush=True)
    print(
        "\n| errors a minute | hours of 1/min in the week | limit | new +1/min found | delay |\n|---|---|---|---|---|"
    )
    for rate in RATES[:4]:
        for hours in (0, 2, 12, 24, 48):
            limit, found, delay = outage(np.random.default_rng(seed), routes, rate, hours)
            print(f"| {rate} | {hours} | {limit:.1f} | {found:.0%} | {delay:.0f} min |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--routes", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=1, help="judged weeks")
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    print_tables(wanted.routes, wanted.weeks, wanted.seed)


if __name__ == "__main__":
    main()
