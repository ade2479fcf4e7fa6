"""Reads counts per minute and adds them up per scope: which series and events a rule counts, under which key.

A rule whose selector the series express (project, environment, source, route, error or not) is counted from minute
counts, all such rules in the same two queries. One that looks into events (message, type, tags, single levels, issue)
is counted from the stored events, one query each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMinute
from numpy.typing import NDArray

from detections.rules.active_rules import InForce
from detections.rules.spec.schema import ERROR_LEVELS, RuleSpec, Selector
from detections.telemetry.count_models import MinuteCount
from detections.telemetry.models import Event, ProjectEnvironment, Series
from detections.telemetry.routes import glob
from opsconsole.lib.clock import MINUTE

MESSAGE_LEVELS = {"warning", "info", "debug"}


class ScopeKey(NamedTuple):
    rule_id: int
    project_environment_id: int
    group_key: str


class Stream(NamedTuple):
    """What of a series decides which scopes it counts for."""

    series_id: int
    project_environment_id: int
    source: str
    kind: str
    route: str
    url_path: str = ""


class Tallied(NamedTuple):
    """`n` events of a series (and issue, 0 where it does not matter) in one minute."""

    series_id: int
    issue_id: int
    minute: datetime
    n: int


@dataclass
class Tally:
    """A scope's counts per source, one a minute, oldest first, and the series they came from."""

    minutes: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    series: set[int] = field(default_factory=set)

    def of(self, source: str, length: int) -> NDArray[np.int64]:
        """The counts of one source; zeros of `length` where it had none."""
        found = self.minutes.get(source)
        return found if found is not None else np.zeros(length, dtype=np.int64)


def looks_into_events(spec: RuleSpec) -> bool:
    """True where the series do not express what the rule counts."""
    return spec.group_by == "issue" or kind_of(spec.selector) is None


def kind_of(selector: Selector) -> str | None:
    """The kind of series that holds exactly the selected events; None where only events tell."""
    if selector.exception_type or selector.message_contains or selector.tags or selector.status_class:
        return None
    if set(selector.levels) == set(ERROR_LEVELS):
        return Series.Kind.ERROR
    return Series.Kind.MESSAGE if set(selector.levels) == MESSAGE_LEVELS else None


def tally_all(
    rules: Sequence[InForce], environments: Mapping[int, ProjectEnvironment], start: datetime, end: datetime
) -> dict[ScopeKey, Tally]:
    """Counts of every scope that had any in [start, end), whole minutes, for the given environments."""
    projects = {e.project_id for e in environments.values()}
    rows = MinuteCount.objects.filter(project__in=projects, minute__gte=start, minute__lt=end)
    tallied = [Tallied(series, 0, minute, n) for series, minute, n in rows.values_list("series_id", "minute", "n")]
    streams = streams_of(Series.objects.filter(id__in={t.series_id for t in tallied}))
    by_series = [r for r in rules if not looks_into_events(r.spec)]
    tallies = _add_up(by_series, environments, streams, tallied, start, end)
    for rule in rules:
        if looks_into_events(rule.spec):
            tallies |= _tally_events(rule, environments, start, end)
    return tallies


def tally_series(
    rules: Sequence[InForce],
    environments: Mapping[int, ProjectEnvironment],
    streams: Mapping[int, Stream],
    start: datetime,
    end: datetime,
) -> dict[ScopeKey, Tally]:
    """As `tally_all`, of chosen series only: for long ranges, where an index by series is the shorter way."""
    rows = MinuteCount.objects.filter(series__in=list(streams), minute__gte=start, minute__lt=end)
    tallied = [Tallied(series, 0, minute, n) for series, minute, n in rows.values_list("series_id", "minute", "n")]
    tallies = _add_up([r for r in rules if not looks_into_events(r.spec)], environments, streams, tallied, start, end)
    for rule in rules:
        if looks_into_events(rule.spec):
            tallies |= _tally_events(rule, environments, start, end)
    return tallies


def streams_of(series: QuerySet[Series]) -> dict[int, Stream]:
    """By series id; one query."""
    rows = series.values_list("id", "project_environment_id", "source", "kind", "route", "url_path")
    return {row[0]: Stream(*row) for row in rows}


def key_of(rule: InForce, stream: Stream, issue_id: int = 0) -> ScopeKey | None:
    """The scope that the stream's events count for under the rule; None where the rule does not select them.

    Project and environment are not looked at: callers pass streams of environments that the rule applies to.
    """
    spec, selector = rule.spec, rule.spec.selector
    if stream.source not in {s.source for s in selector.sources} or not _is_on(selector.route, stream):
        return None
    kind = kind_of(selector)
    if kind is not None and stream.kind != kind:
        return None
    group = {"prefix": selector.route, "route": stream.route, "issue": str(issue_id), "none": ""}[spec.group_by]
    return ScopeKey(rule.rule.id, stream.project_environment_id, group)


def _is_on(route: str, stream: Stream) -> bool:
    """Whether the glob fits the route or the address, which differ where an application is mounted in another."""
    fits = glob(route)
    return fits(stream.route) or (bool(stream.url_path) and fits(stream.url_path))


def event_filter(selector: Selector) -> Q:
    """Events that the selector chooses, apart from project, environment and route."""
    chosen = Q(level__in=selector.levels)
    if selector.exception_type:
        chosen &= Q(exception_type=selector.exception_type)
    if selector.message_contains:
        chosen &= Q(message__icontains=selector.message_contains)
    if selector.tags:
        chosen &= Q(tags__contains=selector.tags)
    if selector.status_class:
        chosen &= Q(handled=False)
    return chosen


def _tally_events(
    rule: InForce, environments: Mapping[int, ProjectEnvironment], start: datetime, end: datetime
) -> dict[ScopeKey, Tally]:
    rows = (
        Event.objects.filter(
            event_filter(rule.spec.selector),
            project_environment__in=[pk for pk, e in environments.items() if rule.applies_to(e)],
            occurred_at__gte=start,
            occurred_at__lt=end,
            received_at__gte=start,  # an event is never received before it occurred: spares older partitions
        )
        .values(minute=TruncMinute("occurred_at"))
        .annotate(series=F("series_id"), issue=F("issue_id"), n=Count("id"))
        .values_list("series", "issue", "minute", "n")
    )
    tallied = [Tallied(*row) for row in rows]
    streams = streams_of(Series.objects.filter(id__in={t.series_id for t in tallied}))
    return _add_up([rule], environments, streams, tallied, start, end)


def _add_up(
    rules: Sequence[InForce],
    environments: Mapping[int, ProjectEnvironment],
    streams: Mapping[int, Stream],
    tallied: Sequence[Tallied],
    start: datetime,
    end: datetime,
) -> dict[ScopeKey, Tally]:
    """Each (series, issue) is matched with each rule once; its minutes are then added as one array."""
    length = (end - start) // MINUTE
    lines: dict[tuple[int, int], NDArray[np.int64]] = {}
    for series_id, issue_id, minute, n in tallied:
        line = lines.get((series_id, issue_id))
        if line is None:
            line = lines[series_id, issue_id] = np.zeros(length, dtype=np.int64)
        line[(minute - start) // MINUTE] += n
    applying = {pk: [r for r in rules if r.applies_to(e)] for pk, e in environments.items()}
    tallies: dict[ScopeKey, Tally] = {}
    for (series_id, issue_id), line in lines.items():
        stream = streams.get(series_id)
        if stream is None:
            continue
        for rule in applying.get(stream.project_environment_id, ()):
            key = key_of(rule, stream, issue_id)
            if key is not None:
                _add(tallies.setdefault(key, Tally()), stream, line)
    return tallies


def _add(tally: Tally, stream: Stream, line: NDArray[np.int64]) -> None:
    tally.series.add(stream.series_id)
    before = tally.minutes.get(stream.source)
    tally.minutes[stream.source] = line if before is None else before + line
