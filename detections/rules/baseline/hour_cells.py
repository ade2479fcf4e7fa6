"""Makes hour cells, from which baselines are estimated. An hour is counted once, and again for late events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import (
    ScopeKey,
    Stream,
    Tally,
    counts_events,
    index_of,
    keys_of,
    streams_of,
    tally_series,
)
from detections.rules.counting.coverage import CoveredMinutes
from detections.rules.models import BaselineCell, Scope
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.clock import MINUTE

HOUR = timedelta(hours=1)
LONGEST_WINDOW = 30  # minutes; the spec allows no longer one
# Scopes are usually one hour behind; those further behind are counted apart, so that only they are read far back.
USUALLY_BEHIND = timedelta(hours=6)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class CountingContext:
    """What counting needs: rules by id, environments by id, and coverage from LONGEST_WINDOW before the first hour."""

    rules: Mapping[int, LoadedRule]
    environments: Mapping[int, ProjectEnvironment]
    covered: CoveredMinutes


def count_missing(scopes: Sequence[Scope], context: CountingContext, since: datetime, until: datetime) -> None:
    """Makes the missing cells of the hours in [since, until) and advances `Scope.cells_until`."""
    behind = [s for s in scopes if s.cells_until is None or s.cells_until < until]
    one_behind = [s for s in behind if s.cells_until is not None and s.cells_until >= until - USUALLY_BEHIND]
    far_behind = [s for s in behind if s not in one_behind]
    for group in (one_behind, far_behind):
        if group:
            start = max(since, min(s.cells_until or since for s in group))
            count(group, context, start, until)
            Scope.objects.filter(id__in=[s.id for s in group]).update(cells_until=until)


def count(scopes: Sequence[Scope], context: CountingContext, start: datetime, end: datetime) -> None:
    """Counts the hours in [start, end) of the scopes, replacing earlier cells."""
    by_key = {ScopeKey(s.rule_id, s.project_environment_id, s.group_key): s for s in scopes}
    rules = [context.rules[pk] for pk in {s.rule_id for s in scopes}]
    environments = {pk: context.environments[pk] for pk in {s.project_environment_id for s in scopes}}
    streams = _streams(rules, environments, by_key)
    tallies = tally_series(rules, environments, streams, start - LONGEST_WINDOW * MINUTE, end)
    rows = [
        row
        for key, tally in tallies.items()
        if (scope := by_key.get(key)) is not None
        for row in _rows(scope, tally, context, start, end)
    ]
    BaselineCell.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["scope", "source", "window_minutes", "hour"],
        update_fields=["windows", "total", "squares"],
        batch_size=5000,
    )


def hourly(line: Ints, covered: Flags, window: int) -> tuple[Ints, Ints, Ints]:
    """(covered windows, their sum, sum of squares) per hour (pure).

    `line` and `covered` are minutes that begin LONGEST_WINDOW before the first hour. A window ends with each minute;
    it is covered when all its minutes are.
    """
    whole = _ending(covered.astype(np.int64), window) == window
    sums = np.where(whole, _ending(line, window), 0)
    return (
        whole.reshape(-1, 60).sum(axis=1),
        sums.reshape(-1, 60).sum(axis=1),
        (sums**2).reshape(-1, 60).sum(axis=1),
    )


def _ending(line: Ints, window: int) -> Ints:
    """Sums of the `window` minutes that end with each minute after the first LONGEST_WINDOW."""
    summed = np.concatenate(([0], np.cumsum(line)))
    ends = summed[LONGEST_WINDOW + 1 :]
    return np.asarray(ends - summed[LONGEST_WINDOW + 1 - window : len(summed) - window], dtype=np.int64)


def covered_slice(context: CountingContext, source: str, environment_id: int, start: datetime, end: datetime) -> Flags:
    """The coverage per minute as `hourly` takes it, for the hours in [start, end)."""
    flags = context.covered.minutes(source, context.environments[environment_id])
    first = (start - context.covered.start) // MINUTE - LONGEST_WINDOW
    return np.asarray(flags[first : (end - context.covered.start) // MINUTE], dtype=np.bool_)


def _streams(
    rules: Iterable[LoadedRule], environments: Mapping[int, ProjectEnvironment], wanted: Mapping[ScopeKey, Scope]
) -> dict[int, Stream]:
    """By id, the series that any of the wanted scopes counts."""
    by_series = [r for r in rules if not counts_events(r.spec)]
    if not by_series:
        return {}
    series = Series.objects.filter(project_environment__in=list(environments))
    if all(rule.spec.group_by == "route" for rule in by_series):
        routes = {key.group_key for key in wanted}
        series = series.filter(Q(canonical=None, route__in=routes) | Q(canonical__route__in=routes))
    streams = streams_of(series)
    index = index_of(by_series)
    return {pk: stream for pk, stream in streams.items() if any(key in wanted for key in keys_of(index, stream))}


def _rows(
    scope: Scope, tally: Tally, context: CountingContext, start: datetime, end: datetime
) -> Iterable[BaselineCell]:
    condition = context.rules[scope.rule_id].spec.exceedance
    if condition is None:
        return
    for source, line in tally.minutes.items():
        flags = covered_slice(context, source, scope.project_environment_id, start, end)
        windows, totals, squares = hourly(line, flags, condition.window_minutes)
        for i in np.flatnonzero(totals):
            yield BaselineCell(
                scope=scope,
                source=source,
                window_minutes=condition.window_minutes,
                hour=start + int(i) * HOUR,
                windows=int(windows[i]),
                total=int(totals[i]),
                squares=int(squares[i]),
            )
