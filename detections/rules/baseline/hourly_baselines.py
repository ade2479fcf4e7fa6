"""Estimates and stores baselines, one per scope, source and hour, so that earlier decisions can be explained.

The windows of hour H are compared with the 168 whole hours that end one hour before H. Before a source was first
covered 169 hours ago and 120 of the 168 hours are covered, a baseline is stored but not established: floors decide.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import numpy as np
from django.db.models import Count

from detections.rules.active_rules import LoadedRule
from detections.rules.baseline import hour_cells
from detections.rules.baseline.hour_cells import HOUR, LONGEST_WINDOW, CountingContext
from detections.rules.baseline.limits import Limits
from detections.rules.counting.coverage import CoveredMinutes, first_covered
from detections.rules.evidence.exceedance import BaselineFigures
from detections.rules.models import Baseline, BaselineCell, Exclusion, Scope
from detections.rules.spec.conditions import Exceedance
from detections.rules.statistics import estimator, tails
from detections.rules.statistics.tails import Floats
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.clock import MINUTE

LEAST_COVERED = 120  # of 168 hours: with less, whole days of the week are missing
AT_ONCE = 300  # scopes: a week of minutes of each is 80 KB while cells are counted
IN_FORCE = timedelta(hours=24)  # how long an estimate is judged by when newer ones are late

Key = tuple[int, str]  # scope id, source


def span(hour: datetime) -> tuple[datetime, datetime]:
    """The hours that windows of `hour` are compared with: [start, end)."""
    return hour - (estimator.HOURS + 1) * HOUR, hour - HOUR


def in_force(scopes: Sequence[Scope], rules: Mapping[int, LoadedRule], hour: datetime) -> dict[Key, Baseline]:
    """The estimates that windows of the hour are judged by: its own, or while it is not made yet the newest of IN_FORCE
    before it; none for a scope that is new, or whose rule counts other events since. One query.

    An earlier version's estimate holds as long as what it counted does (`cells_until`).
    """
    newest = Baseline.objects.filter(scope__in=scopes, hour__gt=hour - IN_FORCE, hour__lte=hour)
    rows = newest.order_by("scope_id", "source", "-hour").distinct("scope_id", "source")
    by_id = {scope.id: scope for scope in scopes}
    return {
        (row.scope_id, row.source): row
        for row in rows
        if (scope := by_id[row.scope_id]).cells_until is not None or row.version_id == rules[scope.rule_id].version.id
    }


def estimate(
    scopes: Sequence[Scope],
    rules: Mapping[int, LoadedRule],
    environments: Mapping[int, ProjectEnvironment],
    hour: datetime,
) -> None:
    """Estimates and stores `hour` for each scope and source; first counts the hours that have no cells yet."""
    counted = [s for s in scopes if rules[s.rule_id].spec.exceedance and s.project_environment_id in environments]
    for first in range(0, len(counted), AT_ONCE):
        _estimate(counted[first : first + AT_ONCE], rules, environments, hour)


def limits_of(row: Baseline | None) -> Limits | None:
    """The limits of a baseline; None before it is established."""
    if row is None or not row.established:
        return None
    data = row.data
    return Limits(data["exceed"], data["high"], data["hour_limit"], silent=data.get("events") == 0)


def figures_of(row: Baseline | None) -> BaselineFigures | None:
    """The figures of a baseline as evidence stores them."""
    return msgspec.convert(row.data, BaselineFigures) if row is not None else None


def _estimate(
    scopes: Sequence[Scope],
    rules: Mapping[int, LoadedRule],
    environments: Mapping[int, ProjectEnvironment],
    hour: datetime,
) -> None:
    start, end = span(hour)
    sources = {s.source for scope in scopes for s in rules[scope.rule_id].spec.selector.sources}
    context = CountingContext(rules, environments, CoveredMinutes(sources, start - LONGEST_WINDOW * MINUTE, end))
    hour_cells.count_missing(scopes, context, start, end)
    week = _Week(scopes, context, start, end)
    groups: dict[tuple[int, str], list[Scope]] = defaultdict(list)
    for scope in scopes:
        for counted in rules[scope.rule_id].spec.selector.sources:
            groups[scope.rule_id, counted.source].append(scope)
    history = _history(rules, sources)
    rows: list[Baseline] = []
    for (rule_id, source), members in groups.items():
        rows += _rows(rules[rule_id], source, members, week, hour, history)
    Baseline.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["scope", "source", "hour"],
        update_fields=["version", "established", "mean", "limit", "covered_hours", "data"],
    )


class _Week:
    """Cells, coverage and exclusions of some scopes over the week [start, end), as arrays."""

    def __init__(self, scopes: Sequence[Scope], context: CountingContext, start: datetime, end: datetime) -> None:
        self.context, self.start, self.end = context, start, end
        self._cells: dict[tuple[int, str, int], list[tuple[int, ...]]] = defaultdict(list)
        rows = BaselineCell.objects.filter(scope__in=scopes, hour__gte=start, hour__lt=end)
        for scope, source, window, hour, *sums in rows.values_list(
            "scope_id", "source", "window_minutes", "hour", "windows", "total", "squares"
        ):
            self._cells[scope, source, window].append(((hour - start) // HOUR, *sums))
        self._excluded: dict[int, Floats] = {}
        environments = {s.project_environment_id for s in scopes}
        for e in Exclusion.objects.filter(project_environment__in=environments, start__lt=end, end__gt=start):
            hours = self._excluded.setdefault(e.project_environment_id, np.zeros(estimator.HOURS))
            first = max(0, (e.start - start) // HOUR)
            hours[first : max(0, -((start - e.end) // HOUR))] = 1
        self._windows: dict[tuple[int, str, int], Floats] = {}

    def cells(self, scopes: Sequence[Scope], source: str, window: int) -> estimator.Cells:
        shape = (len(scopes), estimator.HOURS)
        windows, total, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        for i, scope in enumerate(scopes):
            windows[i] = self._covered_windows(scope.project_environment_id, source, window)
            for h, n, sum_, of_squares in self._cells[scope.id, source, window]:
                windows[i, h], total[i, h], squares[i, h] = n, sum_, of_squares
            kept = 1 - self.excluded(scope)
            windows[i], total[i], squares[i] = windows[i] * kept, total[i] * kept, squares[i] * kept
        of_day = (self.start.hour + np.arange(estimator.HOURS)) % 24
        return estimator.Cells(windows, total, squares, window, of_day)

    def excluded(self, scope: Scope) -> Floats:
        """1 for each hour that an exclusion touches."""
        found = self._excluded.get(scope.project_environment_id)
        return found if found is not None else np.zeros(estimator.HOURS)

    def _covered_windows(self, environment_id: int, source: str, window: int) -> Floats:
        key = (environment_id, source, window)
        if key not in self._windows:
            flags = hour_cells.covered_slice(self.context, source, environment_id, self.start, self.end)
            nothing = np.zeros(len(flags), dtype=np.int64)
            self._windows[key] = hour_cells.hourly(nothing, flags, window)[0].astype(np.float64)
        return self._windows[key]


def _rows(
    rule: LoadedRule, source: str, scopes: Sequence[Scope], week: _Week, hour: datetime, history: _History
) -> list[Baseline]:
    condition = rule.spec.exceedance
    if condition is None:
        return []
    estimates = estimator.estimate(week.cells(scopes, source, condition.window_minutes), hour.hour)
    budget = condition.alarms_per_week
    alpha = tails.alpha_of_budget(budget, history.scopes.get(rule.rule.id, 1)) if budget else condition.alpha
    limits = _limits(condition, estimates, alpha)
    rows = []
    for i, scope in enumerate(scopes):
        environment = week.context.environments[scope.project_environment_id]
        covered_hours, excluded = float(estimates.covered_hours[i]), int(week.excluded(scope).sum())
        figures = BaselineFigures(
            hour=hour,
            established=_is_established(condition, covered_hours, history.since(source, environment), hour),
            covered_hours=covered_hours,
            missing_hours=estimator.HOURS - covered_hours - excluded,
            excluded_hours=excluded,
            down_weighted_hours=int(estimates.down_weighted[i]),
            alpha=alpha,
            exceed=int(limits[0][i]),
            high=int(limits[1][i]),
            hour_limit=int(limits[2][i]),
            **{name: _number(getattr(estimates, name)[i]) for name in FIGURES},
        )
        rows.append(_row(rule, source, scope, figures))
    return rows


def _row(rule: LoadedRule, source: str, scope: Scope, figures: BaselineFigures) -> Baseline:
    return Baseline(
        scope=scope,
        source=source,
        hour=figures.hour,
        version=rule.version,
        established=figures.established,
        mean=figures.mean if figures.exposure else None,
        limit=figures.exceed if figures.established else None,
        covered_hours=figures.covered_hours,
        data=msgspec.to_builtins(figures),
    )


FIGURES = (
    "events",
    "exposure",
    "factor_events",
    "factor_expected",
    "dispersion_raw",
    "hour_dispersion_raw",
    "hour_exposure",
    "mean",
    "factor",
    "dispersion",
)


def _limits(
    condition: Exceedance, estimates: estimator.Estimates, alpha: float
) -> tuple[tails.Ints, tails.Ints, tails.Ints]:
    """Least counts: of a window at `alpha` and at the high level, and of 60 minutes. Without a mean 1 is assumed."""
    mean, spread, hour_spread = (
        np.where(np.isfinite(a), a, 1.0) for a in (estimates.mean, estimates.dispersion, estimates.hour_dispersion)
    )
    if condition.method == "poisson_tail":
        spread, hour_spread = np.ones_like(spread), np.ones_like(hour_spread)
    exceed = tails.limits(condition.method, mean, spread, condition.k, alpha)
    high = tails.least_count(mean, spread, condition.high_alpha)
    busy_hour = tails.least_count(mean * 60 / condition.window_minutes, hour_spread, condition.hour_alpha)
    return exceed, high, busy_hour


def _is_established(condition: Exceedance, covered_hours: float, first: datetime | None, hour: datetime) -> bool:
    if condition.early_from_hours is not None and covered_hours >= condition.early_from_hours:
        return True
    return first is not None and first <= span(hour)[0] and covered_hours >= LEAST_COVERED


@dataclass(frozen=True)
class _History:
    """By source and project, the first covered minute; by rule with a budget of alarms, the number of its scopes."""

    first: Mapping[tuple[str, int | None], datetime]
    scopes: Mapping[int, int]

    def since(self, source: str, environment: ProjectEnvironment) -> datetime | None:
        moments = [m for project in (None, environment.project_id) if (m := self.first.get((source, project)))]
        if not moments or environment.first_event_at is None:
            return None
        return max(min(moments), environment.first_event_at.replace(second=0, microsecond=0))


def _history(rules: Mapping[int, LoadedRule], sources: Collection[str]) -> _History:
    budgeted = [pk for pk, r in rules.items() if r.spec.exceedance and r.spec.exceedance.alarms_per_week]
    shared = Scope.objects.filter(rule__in=budgeted).values_list("rule_id").annotate(n=Count("id")) if budgeted else ()
    return _History(first_covered(sources), dict(shared))


def _number(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0
