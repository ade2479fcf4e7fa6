"""The thresholds of a scope over time: those that its windows were judged by, as their evidence has them.

A window that fired is stored with what it was compared with. Of the others no more is known than the estimate of their
hour, which may have been made after some of them were judged: those before a window that fired had what it had.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from django.db.models import Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform

from detections.rules.active_rules import LoadedRule
from detections.rules.baseline.hourly_baselines import IN_FORCE, limits_of
from detections.rules.baseline.limits import Limits
from detections.rules.evaluation.compare_with_limits import WindowCounts, compare_with_limits
from detections.rules.models import Baseline, Evaluation, Severity
from detections.rules.spec.conditions import Exceedance
from opsconsole.lib.clock import MINUTE, floor_hour

# Thresholds are searched for up to this count; a larger one is above the top of any chart.
LARGEST_LIMIT = 2000


@dataclass(frozen=True)
class HourLimits:
    """The thresholds in force at a time by severity, and the baseline with lower and upper bound (None: not
    established)."""

    limits: dict[Severity, int]
    expected: float | None
    low: float | None
    high: float | None


def limits_in_force(
    scope_id: int, rule: LoadedRule, source: str, condition: Exceedance, starts: Sequence[datetime], step: timedelta
) -> list[HourLimits]:
    """For each bucket of `step`, those of the first window that fired in it or later in its hour, else those of the
    estimate in force. Two queries."""
    end = starts[-1] + step
    judged = _judged(scope_id, source, condition, starts[0], end)
    estimates = _estimates(scope_id, rule, source, floor_hour(starts[0]), end)
    slots = list(judged)
    by_hour = {hour: _of_estimate(condition, row) for hour, row in estimates.items()}
    found = []
    for at in starts:
        following = bisect_left(slots, at + MINUTE)
        same_hour = following < len(slots) and floor_hour(slots[following] - MINUTE) == floor_hour(at)
        found.append(judged[slots[following]] if same_hour else by_hour[floor_hour(at)])
    return found


def _judged(
    scope_id: int, source: str, condition: Exceedance, start: datetime, end: datetime
) -> dict[datetime, HourLimits]:
    """By slot, in order, those of the windows that fired: of several revisions the last."""
    rows = Evaluation.objects.filter(
        scope=scope_id, source=source, slot_end__gt=start, slot_end__lte=end, evidence__isnull=False
    )
    names = ("established", "mean", "dispersion", "exceed", "high", "hour_limit", "events")
    columns = [KeyTextTransform(name, KeyTransform("baseline", "evidence__data")) for name in names]
    found: dict[datetime, HourLimits] = {}
    made: dict[tuple[object, ...], HourLimits] = {}
    for slot, *values in rows.order_by("slot_end", "revision").values_list("slot_end", *columns):
        key = tuple(values)
        if key not in made:
            made[key] = _of_figures(condition, dict(zip(names, values, strict=True)))
        found[slot] = made[key]
    return found


def _of_figures(condition: Exceedance, figures: Mapping[str, str | None]) -> HourLimits:
    """Of the baseline in a record of evidence, by name as text; None of all where none was compared with."""
    if figures["established"] != "true":
        return of_limits(condition, None)
    number = {name: float(value or 0) for name, value in figures.items() if name != "established"}
    exceed, high, hour = (int(number[name]) for name in ("exceed", "high", "hour_limit"))
    limits = Limits(exceed, high, hour, silent=number["events"] == 0)
    return of_limits(condition, limits, number["mean"], number["dispersion"])


def _estimates(
    scope_id: int, rule: LoadedRule, source: str, first: datetime, end: datetime
) -> dict[datetime, Baseline | None]:
    """By hour the estimate in force, as `hourly_baselines.in_force` has it for a window of that hour."""
    counts_the_same = Q(scope__cells_until__isnull=False) | Q(version=rule.version)
    rows = Baseline.objects.filter(counts_the_same, scope=scope_id, source=source, hour__gt=first - IN_FORCE)
    known = {row.hour: row for row in rows.filter(hour__lt=end).select_related("scope").order_by("hour")}
    found: dict[datetime, Baseline | None] = {}
    hour = first
    while hour < end:
        earlier = [
            row for at, row in known.items() if hour - IN_FORCE < at < hour and row.scope.cells_until is not None
        ]
        found[hour] = known.get(hour) or (earlier[-1] if earlier else None)
        hour += timedelta(hours=1)
    return found


def _of_estimate(condition: Exceedance, row: Baseline | None) -> HourLimits:
    limits = limits_of(row)
    if row is None or limits is None or row.mean is None:
        return of_limits(condition, None)
    return of_limits(condition, limits, row.mean, row.data["dispersion"])


def of_limits(condition: Exceedance, limits: Limits | None, mean: float = 0, dispersion: float = 0) -> HourLimits:
    """The thresholds of an established baseline, or with None those before there is one."""
    if limits is None:
        return HourLimits(severity_thresholds(condition, None), None, None, None)
    spread = 3 * sqrt(dispersion * mean)
    thresholds = severity_thresholds(condition, limits)
    return HourLimits(thresholds, mean, max(0.0, mean - spread), max(mean, limits.exceed - 1))


def severity_thresholds(condition: Exceedance, limits: Limits | None) -> dict[Severity, int]:
    """By severity, its threshold: the least count of a window that reaches it without a signature."""
    least: dict[Severity, int] = {}
    for n in range(1, _search_to(condition, limits) + 1):
        severity = compare_with_limits(condition, limits, WindowCounts(count=n, busiest=n), ()).severity
        for each in Severity:
            if severity is not None and each <= severity:
                least.setdefault(each, n)
    # A severity with the threshold of a higher one never results.
    return {each: n for each, n in least.items() if all(least.get(higher) != n for higher in Severity if higher > each)}


def _search_to(condition: Exceedance, limits: Limits | None) -> int:
    floors = condition.floors
    known = [floors.medium, floors.high, floors.critical, *((limits.exceed, limits.high) if limits else ())]
    return min(max((n for n in known if n), default=0), LARGEST_LIMIT)
