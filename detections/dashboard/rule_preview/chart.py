"""The chart of one scope of a preview: by hour its highest window, with the limits and the baseline of that hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from detections.dashboard.routes.hour_limits import HourLimits, of_limits
from detections.dashboard.routes.rule_windows import baseline_band, limit_lines
from detections.dashboard.rule_preview.episodes import Fired
from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.count_now import window_of
from detections.rules.models import Severity
from detections.rules.preview.baselines import HourBaseline
from detections.rules.preview.replay import Replay, ScopeReplay
from detections.rules.spec.conditions import Exceedance
from opsconsole.lib.charts.time_chart import Mark, TimeChart

HOUR = timedelta(hours=1)
MOST_MARKS = 20  # newest alerts that are marked


def chart_of(scope: ScopeReplay, replay: Replay, alerts: Sequence[Fired], group: str) -> TimeChart:
    """The span's hours, a bar each. `group` is what the scope's group is called."""
    window, span = window_of(replay.rule), replay.span
    condition = replay.rule.spec.exceedance
    limits = _limits(condition, scope.baselines[scope.source]) if condition else []
    marks = [
        Mark(alert.at, f"fires, {Severity(alert.severity).label.lower()}", Severity(alert.severity).label.lower())
        for alert in alerts[-MOST_MARKS:]
    ]
    return TimeChart(
        title=f"Errors in {window} min on {group or 'all that it selects'}, last {span.hours} hours",
        start=span.first_hour,
        step=HOUR,
        counts=_highest(scope, replay),
        band=baseline_band(limits) if limits else None,
        limits=limit_lines(limits) if limits else (),
        marks=marks,
        unit=f"errors in {window} min",
        partial_last=bool(span.end.minute),
        key="preview-chart",
    )


def _highest(scope: ScopeReplay, replay: Replay) -> list[int | None]:
    """By hour the highest window that ends in it; None where nothing was counted and no minute was covered."""
    starts = np.flatnonzero(np.diff(replay.span.hour_of_slots, prepend=-1))
    highest = np.maximum.reduceat(scope.judged.busiest, starts)
    least_missing = np.minimum.reduceat(scope.missing, starts)
    window = window_of(replay.rule)
    return [int(n) if n or missing < window else None for n, missing in zip(highest, least_missing, strict=True)]


def _limits(condition: Exceedance, baselines: Sequence[HourBaseline | None]) -> list[HourLimits]:
    known: dict[tuple[Limits, float, float] | None, HourLimits] = {}
    found = []
    for each in baselines:
        key = (each.limits, each.mean, each.dispersion) if each else None
        if key not in known:
            known[key] = of_limits(condition, *key) if key else of_limits(condition, None)
        found.append(known[key])
    return found
