"""Counts per minute and scope: which series and events a rule counts, and under which scope key.

A rule that selects whole series (by project, environment, source, route, error or message) is counted from minute
counts, all such rules in two queries. A rule that selects by fields of events (message, type, tags, single levels,
issue) is counted from stored events, one query each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncMinute
from numpy.typing import NDArray

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.glob_index import GlobIndex
from detections.rules.counting.minute_offsets import minutes_after
from detections.rules.spec.schema import RuleSpec
from detections.rules.spec.selector import ERROR_LEVELS, Selector
from detections.telemetry.count_models import MinuteCount
from detections.telemetry.models import Event, ProjectEnvironment, Series
from opsconsole.lib.clock import MINUTE

MESSAGE_LEVELS = {"warning", "info", "debug"}


class ScopeKey(NamedTuple):
    """What identifies a scope."""

    rule_id: int
    project_environment_id: int
    group_key: str


class Stream(NamedTuple):
    """The fields of a series by which rules select it."""

    series_id: int
    project_environment_id: int
    source: str
    kind: str
    route: str
    url_path: str = ""
    selected_by: str = ""


# By series and issue (0 where series are counted), the counts per minute, oldest first.
Lines = dict[tuple[int, int], NDArray[np.int64]]


@dataclass
class Tally:
    """A scope's counts per source and minute, oldest first, and the series that they are from."""

    minutes: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    series: set[int] = field(default_factory=set)

    def of(self, source: str, length: int) -> NDArray[np.int64]:
        """The counts of one source; `length` zeros where it has none."""
        line = self.minutes.get(source)
        return line if line is not None else np.zeros(length, dtype=np.int64)


def counts_events(spec: RuleSpec) -> bool:
    """Whether the rule selects by fields of events, so that minute counts of series are not enough."""
    return spec.group_by == "issue" or kind_of(spec.selector) is None


def kind_of(selector: Selector) -> str | None:
    """The kind of series that consists of exactly the selected events; None where fields of events are selected."""
    if selector.exception_type or selector.message_contains or selector.tags or selector.status_class:
        return None
    if set(selector.levels) == set(ERROR_LEVELS):
        return Series.Kind.ERROR
    return Series.Kind.MESSAGE if set(selector.levels) == MESSAGE_LEVELS else None


def tally_all(
    rules: Sequence[LoadedRule], environments: Mapping[int, ProjectEnvironment], start: datetime, end: datetime
) -> dict[ScopeKey, Tally]:
    """By scope, its counts in [start, end), whole minutes, in these environments; scopes without any are left out."""
    projects = {e.project_id for e in environments.values()}
    counted = _series_lines(MinuteCount.objects.filter(project__in=projects), start, end)
    streams = streams_of(Series.objects.filter(id__in={series_id for series_id, _ in counted}))
    by_series = [r for r in rules if not counts_events(r.spec)]
    tallies = add_up(by_series, environments, streams, counted)
    for rule in rules:
        if counts_events(rule.spec):
            tallies |= _tally_events(rule, environments, start, end)
    return tallies


def tally_series(
    rules: Sequence[LoadedRule],
    environments: Mapping[int, ProjectEnvironment],
    streams: Mapping[int, Stream],
    start: datetime,
    end: datetime,
) -> dict[ScopeKey, Tally]:
    """As `tally_all`, of these series only: for long ranges, which are read faster by an index on the series."""
    counted = _series_lines(MinuteCount.objects.filter(series__in=list(streams)), start, end)
    tallies = add_up([r for r in rules if not counts_events(r.spec)], environments, streams, counted)
    for rule in rules:
        if counts_events(rule.spec):
            tallies |= _tally_events(rule, environments, start, end)
    return tallies


def streams_of(series: QuerySet[Series]) -> dict[int, Stream]:
    """By series id, the fields of its stream, or of the series as which it is read. One query."""
    paths = [Coalesce(f"canonical__{name}", name) for name in ("route", "url_path", "selected_by")]
    rows = series.values_list("id", "project_environment_id", "source", "kind", *paths)
    return {row[0]: Stream(*row) for row in rows}


def key_of(rule: LoadedRule, stream: Stream, issue_id: int = 0) -> ScopeKey | None:
    """The scope in which the rule counts the stream's events; None where it does not select them.

    Does not check project and environment: pass streams of environments to which the rule applies.
    """
    return next(keys_of(index_of([rule]), stream, issue_id), None)


def index_of(rules: Iterable[LoadedRule]) -> GlobIndex[LoadedRule]:
    """The rules by the globs of their selectors, for `keys_of`."""
    return GlobIndex((rule.spec.selector.route, rule) for rule in rules)


def keys_of(rules: GlobIndex[LoadedRule], stream: Stream, issue_id: int = 0) -> Iterator[ScopeKey]:
    """As `key_of`, of each of the rules that selects the stream.

    A glob selects by the route or the URL path, which differ for a mounted application, or because the stream has
    folded events that it selected.
    """
    paths = (stream.route, stream.url_path) if stream.url_path else (stream.route,)
    for rule in rules.matching(paths, stream.selected_by.split("\n") if stream.selected_by else ()):
        spec, selector = rule.spec, rule.spec.selector
        kind = kind_of(selector)
        if stream.source in {s.source for s in selector.sources} and kind in (None, stream.kind):
            group = {"prefix": selector.route, "route": stream.route, "issue": str(issue_id), "none": ""}
            yield ScopeKey(rule.rule.id, stream.project_environment_id, group[spec.group_by])


def event_filter(selector: Selector) -> Q:
    """The filter for events that the selector matches, apart from project, environment and route."""
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
    rule: LoadedRule, environments: Mapping[int, ProjectEnvironment], start: datetime, end: datetime
) -> dict[ScopeKey, Tally]:
    rows = (
        Event.objects.filter(
            event_filter(rule.spec.selector),
            project_environment__in=[pk for pk, e in environments.items() if rule.applies_to(e)],
            occurred_at__gte=start,
            occurred_at__lt=end,
            received_at__gte=start,  # no event is received before it occurred: excludes older partitions
        )
        .values(offset=minutes_after(start, TruncMinute("occurred_at")))
        .annotate(series=F("series_id"), issue=F("issue_id"), n=Count("id"))
        .values_list("series", "issue", "offset", "n")
    )
    counted: Lines = defaultdict(lambda: np.zeros((end - start) // MINUTE, dtype=np.int64))
    for series_id, issue_id, offset, n in rows:
        counted[series_id, issue_id][offset] = n
    streams = streams_of(Series.objects.filter(id__in={series_id for series_id, _ in counted}))
    return add_up([rule], environments, streams, counted)


def _series_lines(rows: QuerySet[MinuteCount], start: datetime, end: datetime) -> Lines:
    """The counts in [start, end). One query, of one row a series."""
    chosen = rows.filter(minute__gte=start, minute__lt=end).values("series_id")
    grouped = chosen.annotate(offsets=ArrayAgg(minutes_after(start, "minute")), counts=ArrayAgg("n"))
    lines: Lines = {}
    for series_id, offsets, counts in grouped.values_list("series_id", "offsets", "counts"):
        line = lines[series_id, 0] = np.zeros((end - start) // MINUTE, dtype=np.int64)
        line[offsets] = counts
    return lines


def add_up(
    rules: Sequence[LoadedRule],
    environments: Mapping[int, ProjectEnvironment],
    streams: Mapping[int, Stream],
    counted: Lines,
) -> dict[ScopeKey, Tally]:
    """Adds up by scope: each (series, issue) is matched with each rule once, then its minutes are added as an array."""
    applying = {pk: index_of(r for r in rules if r.applies_to(e)) for pk, e in environments.items()}
    tallies: dict[ScopeKey, Tally] = {}
    for (series_id, issue_id), line in counted.items():
        stream = streams.get(series_id)
        if stream is None or stream.project_environment_id not in applying:
            continue
        for key in keys_of(applying[stream.project_environment_id], stream, issue_id):
            _add(tallies.setdefault(key, Tally()), stream, line)
    return tallies


def _add(tally: Tally, stream: Stream, line: NDArray[np.int64]) -> None:
    tally.series.add(stream.series_id)
    before = tally.minutes.get(stream.source)
    tally.minutes[stream.source] = line if before is None else before + line
