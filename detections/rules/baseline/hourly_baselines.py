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
    before it; none for a scope that is new, or whose rule counts other events since. Two queries at most: of
    most scopes the hour is made, and a day of the others is read.

    An earlier version's estimate holds as long as what it counted did (`cells_until`).
    """
    made = {(row.scope_id, row.source): row for row in Baseline.objects.filter(scope__in=scopes, hour=hour)}
    sources = {pk: [s.source for s in rule.spec.selector.sources] for pk, rule in rules.items()}
    lacking = [s for s in scopes if s.cells_until and any((s.id, source) not in made for source in sources[s.rule_id])]
    earlier = Baseline.objects.filter(scope__in=lacking, hour__gt=hour - IN_FORCE, hour__lt=hour)
    rows = earlier.order_by("scope_id", "source", "-hour").distinct("scope_id", "source")
    newest = {(row.scope_id, row.source): row for row in rows} | made
    by_id = {scope.id: scope for scope in scopes}
    return {
        key: row
        for key, row in newest.items()
        if (scope := by_id[row.scope_id]).cells_until is not None or row.version_id == rules[scope.rule_id].version.id
    }


def estimate(
    scopes: Sequence[Scope],
    rules: Mapping[int, LoadedRule],
    environments: Mapping[int, ProjectEnvironment],
    hour: datetime,
) -> int:
    """Estimates and stores `hour` for each scope and source; first counts the hours that have no cells yet.

    Scopes whose rule counts nothing, or not any more, are left out; returns how many were estimated.
    """
    counted = [s for s in scopes if rules[s.rule_id].spec.exceedance and s.project_environment_id in environments]
    for first in range(0, len(counted), AT_ONCE):
        _estimate(counted[first : first + AT_ONCE], rules, environments, hour)
    return len(counted)


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
    groups: dict[tuple[str, int, str], list[Scope]] = defaultdict(list)  # what one calculation can take
    for scope in scopes:
        condition = _condition(rules[scope.rule_id])
        for counted in rules[scope.rule_id].spec.selector.sources:
            groups[counted.source, condition.window_minutes, condition.method].append(scope)
    history = history_of(rules, sources)
    rows = [row for group, members in groups.items() for row in _rows(group[0], members, week, hour, history)]
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
        self._excluded = excluded_hours({s.project_environment_id for s in scopes}, start, end)
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


def excluded_hours(environments: Collection[int], start: datetime, end: datetime) -> dict[int, Floats]:
    """By environment that has any, 1 for each whole hour of [start, end) that an exclusion touches. One query."""
    found: dict[int, Floats] = {}
    for e in Exclusion.objects.filter(project_environment__in=environments, start__lt=end, end__gt=start):
        hours = found.setdefault(e.project_environment_id, np.zeros((end - start) // HOUR))
        first = max(0, (e.start - start) // HOUR)
        hours[first : max(0, -((start - e.end) // HOUR))] = 1
    return found


def _rows(source: str, scopes: Sequence[Scope], week: _Week, hour: datetime, history: History) -> list[Baseline]:
    """The rows of scopes whose rules have one window and method."""
    rules = [week.context.rules[scope.rule_id] for scope in scopes]
    conditions = [_condition(rule) for rule in rules]
    estimates = estimator.estimate(week.cells(scopes, source, conditions[0].window_minutes), hour.hour)
    alphas = [history.alpha(rule) for rule in rules]
    limits = [each.tolist() for each in least_counts(conditions, estimates, alphas)]
    sums = {name: np.nan_to_num(getattr(estimates, name), posinf=0.0, neginf=0.0).tolist() for name in FIGURES}
    rows = []
    for i, (scope, rule, condition) in enumerate(zip(scopes, rules, conditions, strict=True)):
        environment = week.context.environments[scope.project_environment_id]
        covered_hours, excluded = float(estimates.covered_hours[i]), int(week.excluded(scope).sum())
        figures = BaselineFigures(
            hour=hour,
            established=is_established(condition, covered_hours, history.since(source, environment), hour),
            covered_hours=covered_hours,
            missing_hours=estimator.HOURS - covered_hours - excluded,
            excluded_hours=excluded,
            down_weighted_hours=int(estimates.down_weighted[i]),
            alpha=alphas[i],
            exceed=limits[0][i],
            high=limits[1][i],
            hour_limit=limits[2][i],
            **{name: line[i] for name, line in sums.items()},
        )
        rows.append(_row(rule, source, scope, figures))
    return rows


def _condition(rule: LoadedRule) -> Exceedance:
    """The rule's condition on counts, which every rule that is estimated has."""
    if rule.spec.exceedance is None:
        raise ValueError(f"rule {rule.rule.identifier} counts nothing")
    return rule.spec.exceedance


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


def least_counts(
    conditions: Sequence[Exceedance], estimates: estimator.Estimates, alphas: Sequence[float]
) -> tuple[tails.Ints, tails.Ints, tails.Ints]:
    """Least counts: of a window at `alphas` and at the high level, and of 60 minutes. Without a mean 1 is assumed.

    The conditions have one window and method.
    """
    mean, spread, hour_spread = (
        np.where(np.isfinite(a), a, 1.0) for a in (estimates.mean, estimates.dispersion, estimates.hour_dispersion)
    )
    window, method = conditions[0].window_minutes, conditions[0].method
    if method == "poisson_tail":
        spread, hour_spread = np.ones_like(spread), np.ones_like(hour_spread)
    exceed = tails.limits(method, mean, spread, np.array([c.k for c in conditions]), np.array(alphas))
    high = tails.least_count(mean, spread, np.array([c.high_alpha for c in conditions]))
    busy_hour = tails.least_count(mean * 60 / window, hour_spread, np.array([c.hour_alpha for c in conditions]))
    return exceed, high, busy_hour


def is_established(condition: Exceedance, covered_hours: float, first: datetime | None, hour: datetime) -> bool:
    if condition.early_from_hours is not None and covered_hours >= condition.early_from_hours:
        return True
    return first is not None and first <= span(hour)[0] and covered_hours >= LEAST_COVERED


@dataclass(frozen=True)
class History:
    """By source and project, the first covered minute; by rule with a budget of alarms, the number of its scopes."""

    first: Mapping[tuple[str, int | None], datetime]
    scopes: Mapping[int, int]

    def since(self, source: str, environment: ProjectEnvironment) -> datetime | None:
        moments = [m for project in (None, environment.project_id) if (m := self.first.get((source, project)))]
        if not moments or environment.first_event_at is None:
            return None
        return max(min(moments), environment.first_event_at.replace(second=0, microsecond=0))

    def alpha(self, rule: LoadedRule) -> float:
        """The level of the rule; with a budget of alarms, what its scopes share."""
        condition = _condition(rule)
        if not condition.alarms_per_week:
            return condition.alpha
        return tails.alpha_of_budget(condition.alarms_per_week, self.scopes.get(rule.rule.id, 1))


def history_of(rules: Mapping[int, LoadedRule], sources: Collection[str]) -> History:
    budgeted = [pk for pk, r in rules.items() if r.spec.exceedance and r.spec.exceedance.alarms_per_week]
    shared = Scope.objects.filter(rule__in=budgeted).values_list("rule_id").annotate(n=Count("id")) if budgeted else ()
    return History(first_covered(sources), dict(shared))
