"""Pure but for its types: baselines as of each hour of a preview, from the week before it alone (no ORM)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from detections.rules.baseline.hour_cells import HOUR, LONGEST_WINDOW, hourly
from detections.rules.baseline.hourly_baselines import is_established, least_counts
from detections.rules.baseline.limits import Limits
from detections.rules.preview.events import Flags, Ints
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.conditions import Exceedance
from detections.rules.statistics import estimator
from detections.rules.statistics.tails import Floats


@dataclass(frozen=True)
class HourBaseline:
    """An established baseline in one hour: its limits, and mean and dispersion of a window."""

    limits: Limits
    mean: float
    dispersion: float


@dataclass(frozen=True)
class Weeks:
    """The hour cells of a scope and source from the span's `cells_start` on: float arrays of one row. `covered` are by
    hour of the span the covered hours of its week, `established` whether the baseline was."""

    windows: Floats
    total: Floats
    squares: Floats
    covered: Floats
    established: Flags


def weeks_of(
    line: Ints, flags: Flags, kept: Floats, span: PreviewSpan, condition: Exceedance, since: datetime | None
) -> Weeks:
    """From counts and coverage per minute from the span's origin; `kept` is 0 for an hour that is excluded. `since`:
    the first covered minute of source and environment."""
    hours = estimator.HOURS + span.hours - 1
    end = LONGEST_WINDOW + hours * estimator.MINUTES
    windows, total, squares = (
        each * kept[:hours] for each in hourly(line[:end], flags[:end], condition.window_minutes)
    )
    covered = sliding_window_view(windows, estimator.HOURS).sum(axis=1) / estimator.MINUTES
    established = [
        is_established(condition, float(covered[h]), since, span.first_hour + h * HOUR) for h in range(span.hours)
    ]
    return Weeks(windows, total, squares, covered, np.array(established, dtype=np.bool_))


def baselines_of(
    weeks: Sequence[Weeks],
    wanted: Sequence[NDArray[np.bool_]],
    alphas: Sequence[float],
    span: PreviewSpan,
    condition: Exceedance,
) -> list[list[HourBaseline | None]]:
    """For each scope, by hour of the span, the baseline where it was established and is wanted."""
    found: list[list[HourBaseline | None]] = [[None] * span.hours for _ in weeks]
    by_hour_of_day: dict[int, list[tuple[int, int]]] = defaultdict(list)  # what one calculation can take
    for scope, (week, chosen) in enumerate(zip(weeks, wanted, strict=True)):
        for hour in np.flatnonzero(week.established & chosen).tolist():
            by_hour_of_day[(span.first_hour + hour * HOUR).hour].append((scope, hour))
    for hour_of_day, members in by_hour_of_day.items():
        estimates = estimator.estimate(_cells(weeks, members, hour_of_day, condition), hour_of_day)
        levels = [alphas[scope] for scope, _ in members]
        limits = (each.tolist() for each in least_counts([condition] * len(members), estimates, levels))
        figures = (each.tolist() for each in (estimates.events, estimates.mean, estimates.dispersion))
        for (scope, hour), exceed, high, busy, events, mean, spread in zip(members, *limits, *figures, strict=True):
            found[scope][hour] = HourBaseline(Limits(exceed, high, busy, silent=events == 0), mean, spread)
    return found


def _cells(
    weeks: Sequence[Weeks], members: Sequence[tuple[int, int]], hour_of_day: int, condition: Exceedance
) -> estimator.Cells:
    """Of each scope and hour the week that ends an hour before, in which the hours of the day are the same."""
    windows, total, squares = (
        np.stack([getattr(weeks[scope], name)[hour : hour + estimator.HOURS] for scope, hour in members])
        for name in ("windows", "total", "squares")
    )
    of_day = (hour_of_day - 1 - estimator.HOURS + np.arange(estimator.HOURS)) % 24
    return estimator.Cells(windows, total, squares, condition.window_minutes, of_day)
