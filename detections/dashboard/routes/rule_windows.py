"""Errors as a rule counts them: sliding windows against what was usual and where it fires.

The limits are found by asking the rule's own `compare_with_limits`, so that picture and decision never differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from detections.dashboard.routes.covering_rules import stream_of
from detections.rules.active_rules import InForce
from detections.rules.baseline.limits import Limits
from detections.rules.baseline.store import limits_of
from detections.rules.counting.counts import ScopeKey, key_of
from detections.rules.evaluation.compare_with_limits import WindowCounts, compare_with_limits
from detections.rules.models import Baseline, Severity
from detections.rules.spec.conditions import Exceedance
from detections.telemetry import queries
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.charts.time_chart import Band, Limit, TimeChart
from opsconsole.lib.clock import MINUTE, floor_hour

# Of each severity the least count is searched for up to here; a limit beyond is as good as none in a chart.
LARGEST_LIMIT = 2000


@dataclass(frozen=True)
class Judge:
    """What is drawn: the counts of one source that a rule's scope in one place is judged by."""

    rule: InForce
    key: ScopeKey
    scope_id: int | None
    place: ProjectEnvironment
    source: str


@dataclass(frozen=True)
class Hour:
    """What was in force in one hour: the least count of a window per severity, and what was usual."""

    limits: dict[Severity, int]
    expected: float | None
    low: float | None
    high: float | None


def judged_chart(judge: Judge, start: datetime, end: datetime, step: timedelta, now: datetime) -> TimeChart:
    """Whole minutes, up to a day. Four queries.

    A bucket shows the highest count of the windows that end in it; where a bucket is a minute, that is the one window.
    """
    condition = judge.rule.spec.exceedance
    assert condition is not None
    window = condition.window_minutes
    counts = queries.buckets(_members(judge), start - (window - 1) * MINUTE, end, MINUTE)
    minutes = [sum(each) for each in zip(*counts.values(), strict=True)] or [0] * ((end - start) // MINUTE + window - 1)
    highest = highest_windows(minutes, window, step // MINUTE)
    up = queries.covered(judge.source, judge.place.project_id, start, end, step)
    hours = _hours(judge, condition, start, end)
    starts = [start + step * index for index in range(len(highest))]
    in_force = [hours[floor_hour(at)] for at in starts]
    return TimeChart(
        title=f"Errors in {window} min on {judge.key.group_key or 'all routes'}, by {judge.rule.rule}",
        start=start,
        step=step,
        counts=[
            n if n or is_up or at + step > now - queries.HEARTBEAT_LAG else None
            for n, is_up, at in zip(highest, up, starts, strict=True)
        ],
        band=_band(in_force),
        limits=[
            Limit(severity.label.lower(), [hour.limits.get(severity) for hour in in_force], severity.label.lower())
            for severity in Severity
            if any(severity in hour.limits for hour in in_force)
        ],
        unit=f"errors in {window} min",
        partial_last=end > now,
        key="judged-chart",
    )


def highest_windows(minutes: Sequence[int], window: int, per_bucket: int) -> list[int]:
    """The highest sum of `window` consecutive minutes that ends in each bucket of `per_bucket` minutes.

    `minutes` begins `window - 1` minutes before the first bucket.
    """
    sums = [sum(minutes[end - window : end]) for end in range(window, len(minutes) + 1)]
    return [max(sums[first : first + per_bucket]) for first in range(0, len(sums), per_bucket)]


def least_counts(condition: Exceedance, limits: Limits | None) -> dict[Severity, int]:
    """By severity, the least count of a window that reaches it by count alone."""
    found: dict[Severity, int] = {}
    for n in range(1, _search_to(condition, limits) + 1):
        severity = compare_with_limits(condition, limits, WindowCounts(count=n, busiest=n), ()).severity
        for each in Severity:
            if severity is not None and each <= severity:
                found.setdefault(each, n)
    # A severity that starts where a higher one does is never seen.
    return {each: n for each, n in found.items() if all(found.get(higher) != n for higher in Severity if higher > each)}


def _search_to(condition: Exceedance, limits: Limits | None) -> int:
    floors = condition.floors
    known = [floors.medium, floors.high, floors.critical, *((limits.exceed, limits.high) if limits else ())]
    return min(max((n for n in known if n), default=0), LARGEST_LIMIT)


def _members(judge: Judge) -> list[int]:
    """The series that the scope counts from this source."""
    here = Series.objects.filter(project_environment=judge.place, source=judge.source)
    return [each.pk for each in here if key_of(judge.rule, stream_of(each)) == judge.key]


def _hours(judge: Judge, condition: Exceedance, start: datetime, end: datetime) -> dict[datetime, Hour]:
    rows = Baseline.objects.filter(scope=judge.scope_id, source=judge.source, hour__gte=floor_hour(start), hour__lt=end)
    known = {row.hour: row for row in rows} if judge.scope_id else {}
    hour, found = floor_hour(start), {}
    while hour < end:
        found[hour] = _hour(condition, known.get(hour))
        hour += timedelta(hours=1)
    return found


def _hour(condition: Exceedance, row: Baseline | None) -> Hour:
    limits = limits_of(row)
    if row is None or limits is None or row.mean is None:
        return Hour(least_counts(condition, None), None, None, None)
    spread = 3 * sqrt(row.data["dispersion"] * row.mean)
    return Hour(
        least_counts(condition, limits), row.mean, max(0.0, row.mean - spread), max(row.mean, limits.exceed - 1)
    )


def _band(in_force: list[Hour]) -> Band | None:
    if all(hour.expected is None for hour in in_force):
        return None
    return Band([h.expected for h in in_force], [h.low for h in in_force], [h.high for h in in_force])
