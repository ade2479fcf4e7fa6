"""Makes hour cells: what baselines are estimated from. Each hour of a scope is counted once, late events recount it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detections.rules.active_rules import InForce
from detections.rules.counting.counts import (
    ScopeKey,
    Stream,
    Tally,
    key_of,
    looks_into_events,
    streams_of,
    tally_series,
)
from detections.rules.counting.coverage import Covered
from detections.rules.models import BaselineCell, Scope
from detections.telemetry.models import ProjectEnvironment, Series
from opsconsole.lib.clock import MINUTE

HOUR = timedelta(hours=1)
LONGEST_WINDOW = 30  # minutes; the spec allows no longer one
# One hour behind is the usual step; a scope that is further behind is counted apart, so that it alone is read far back.
NEARLY = timedelta(hours=6)

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """What counting stands on: rules by id, environments by id, coverage that begins LONGEST_WINDOW before any hour."""

    rules: Mapping[int, InForce]
    environments: Mapping[int, ProjectEnvironment]
    covered: Covered


def count_missing(scopes: Sequence[Scope], ground: Ground, since: datetime, until: datetime) -> None:
    """Make the cells of the hours in [since, until) that a scope has not counted yet, and remember that it has."""
    behind = [s for s in scopes if s.cells_until is None or s.cells_until < until]
    nearly = [s for s in behind if s.cells_until is not None and s.cells_until >= until - NEARLY]
    far = [s for s in behind if s not in nearly]
    for group in (nearly, far):
        if group:
            start = max(since, min(s.cells_until or since for s in group))
            count(group, ground, start, until)
            Scope.objects.filter(id__in=[s.id for s in group]).update(cells_until=until)


def count(scopes: Sequence[Scope], ground: Ground, start: datetime, end: datetime) -> None:
    """Count the hours in [start, end) of the scopes anew, whatever was counted before."""
    by_key = {ScopeKey(s.rule_id, s.project_environment_id, s.group_key): s for s in scopes}
    rules = [ground.rules[pk] for pk in {s.rule_id for s in scopes}]
    environments = {pk: ground.environments[pk] for pk in {s.project_environment_id for s in scopes}}
    streams = _streams(rules, environments, by_key)
    tallies = tally_series(rules, environments, streams, start - LONGEST_WINDOW * MINUTE, end)
    rows = [
        row
        for key, tally in tallies.items()
        if (scope := by_key.get(key)) is not None
        for row in _rows(scope, tally, ground, start, end)
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


def covered_slice(ground: Ground, source: str, environment_id: int, start: datetime, end: datetime) -> Flags:
    """The coverage that `hourly` takes for the hours in [start, end)."""
    flags = ground.covered.minutes(source, ground.environments[environment_id])
    first = (start - ground.covered.start) // MINUTE - LONGEST_WINDOW
    return np.asarray(flags[first : (end - ground.covered.start) // MINUTE], dtype=np.bool_)


def _streams(
    rules: Iterable[InForce], environments: Mapping[int, ProjectEnvironment], wanted: Mapping[ScopeKey, Scope]
) -> dict[int, Stream]:
    """The series that any of the wanted scopes counts."""
    by_series = [r for r in rules if not looks_into_events(r.spec)]
    if not by_series:
        return {}
    streams = streams_of(Series.objects.filter(project_environment__in=list(environments)))
    return {pk: stream for pk, stream in streams.items() if any(key_of(rule, stream) in wanted for rule in by_series)}


def _rows(scope: Scope, tally: Tally, ground: Ground, start: datetime, end: datetime) -> Iterable[BaselineCell]:
    condition = ground.rules[scope.rule_id].spec.exceedance
    if condition is None:
        return
    for source, line in tally.minutes.items():
        flags = covered_slice(ground, source, scope.project_environment_id, start, end)
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
