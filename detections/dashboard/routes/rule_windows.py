"""Charts of errors as a rule counts them: sliding windows with the baseline and the thresholds of each bucket.

Thresholds come from what was judged, and from `compare_with_limits`, by which the rule decides, so that chart and
decision never differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.dashboard.routes.hour_limits import HourLimits, limits_in_force, of_limits
from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import ScopeKey, key_of, streams_of
from detections.rules.models import Severity
from detections.rules.spec.conditions import Exceedance
from detections.telemetry import queries
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.charts.time_chart import Band, Limit, TimeChart
from opsconsole.lib.clock import MINUTE


@dataclass(frozen=True)
class ChartScope:
    """The scope and source whose counts a chart shows. `scope_id` is None before the scope is stored."""

    rule: LoadedRule
    key: ScopeKey
    scope_id: int | None
    environment: ProjectEnvironment
    source: str


def rule_chart(scope: ChartScope, start: datetime, end: datetime, step: timedelta, now: datetime) -> TimeChart:
    """The chart of [start, end), whole minutes and at most a day, in buckets of `step`. Five queries.

    A bucket shows the highest count of the windows that end in it; for buckets of a minute that is the one window.
    """
    condition = scope.rule.spec.exceedance
    assert condition is not None
    window = condition.window_minutes
    highest = highest_windows(_minute_counts(scope, window, start, end), window, step // MINUTE)
    starts = [start + step * index for index in range(len(highest))]
    limits = _limits(scope, condition, starts, step)
    up = queries.covered(scope.source, scope.environment.project_id, start, end, step)
    return TimeChart(
        title=f"Errors in {window} min on {scope.key.group_key or 'all routes'}, by {scope.rule.rule}",
        start=start,
        step=step,
        counts=[
            n if n or is_up or at + step > now - queries.HEARTBEAT_LAG else None
            for n, is_up, at in zip(highest, up, starts, strict=True)
        ],
        band=baseline_band(limits),
        limits=limit_lines(limits),
        unit=f"errors in {window} min",
        partial_last=end > now,
        key="judged-chart",
    )


def _limits(scope: ChartScope, condition: Exceedance, starts: Sequence[datetime], step: timedelta) -> list[HourLimits]:
    """For each bucket."""
    if scope.scope_id is None:
        return [of_limits(condition, None)] * len(starts)
    return limits_in_force(scope.scope_id, scope.rule, scope.source, condition, starts, step)


def _minute_counts(scope: ChartScope, window: int, start: datetime, end: datetime) -> list[int]:
    """The scope's counts per minute up to `end`, from `window - 1` minutes before `start`."""
    counts = queries.buckets(_members(scope), start - (window - 1) * MINUTE, end, MINUTE)
    return [sum(each) for each in zip(*counts.values(), strict=True)] or [0] * ((end - start) // MINUTE + window - 1)


def limit_lines(limits: Sequence[HourLimits]) -> list[Limit]:
    """A line for each severity that has a threshold in any bucket."""
    return [
        Limit(severity.label.lower(), [hour.limits.get(severity) for hour in limits], severity.label.lower())
        for severity in Severity
        if any(severity in hour.limits for hour in limits)
    ]


def highest_windows(minutes: Sequence[int], window: int, per_bucket: int) -> list[int]:
    """Per bucket of `per_bucket` minutes, the highest sum of `window` consecutive minutes that ends in it.

    `minutes` begins `window - 1` minutes before the first bucket.
    """
    sums = [sum(minutes[end - window : end]) for end in range(window, len(minutes) + 1)]
    return [max(sums[first : first + per_bucket]) for first in range(0, len(sums), per_bucket)]


def _members(scope: ChartScope) -> list[int]:
    """Ids of the series that the scope counts from this source, as which others may be read."""
    series = Series.objects.filter(project_environment=scope.environment, source=scope.source, canonical=None)
    return [pk for pk, stream in streams_of(series).items() if key_of(scope.rule, stream) == scope.key]


def baseline_band(limits: list[HourLimits]) -> Band | None:
    if all(hour.expected is None for hour in limits):
        return None
    return Band([h.expected for h in limits], [h.low for h in limits], [h.high for h in limits])
