"""The scopes that a rule counts in a preview, busiest first, and their counts per minute.

A rule that selects whole series is counted from minute counts; one that looks into events from a bounded number of
them, the newest: before the first that was read nothing is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from django.db.models import F, Sum

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import (
    Lines,
    ScopeKey,
    Stream,
    Tally,
    add_up,
    counts_events,
    event_filter,
    index_of,
    keys_of,
    streams_of,
    tally_series,
)
from detections.rules.counting.glob_index import GlobIndex
from detections.rules.counting.minute_offsets import minutes_after
from detections.rules.preview.events import Ints, SeenEvents, first_minute, read
from detections.rules.preview.span import PreviewSpan
from detections.telemetry.count_models import HourCount, MinuteCount
from detections.telemetry.models import ProjectEnvironment, Series

Places = Mapping[int, ProjectEnvironment]


class CountedScopes:
    """`errors`: by scope those in the span, the busiest first. Where the rule looks into events, `events` are all that
    match of the newest `looked_at`, and `known_from` is the minute from which on they are known."""

    errors: Mapping[ScopeKey, int]
    events: SeenEvents | None = None
    looked_at: int | None = None
    known_from: int = 0

    def tallies(self, keys: Collection[ScopeKey]) -> dict[ScopeKey, Tally]:
        """Their counts from the span's origin to its end."""
        raise NotImplementedError

    def series(self, keys: Collection[ScopeKey]) -> list[int]:
        """The series that they count."""
        raise NotImplementedError


@dataclass(frozen=True)
class Selected:
    """What the rule's selector finds: the environments of projects, and the streams in them by id."""

    rule: LoadedRule
    places: Places
    streams: Mapping[int, Stream]

    @cached_property
    def _index(self) -> GlobIndex[LoadedRule]:
        return index_of([self.rule])

    def key(self, series_id: int, issue_id: int = 0) -> ScopeKey | None:
        """The scope that counts the series' events of the issue."""
        return next(keys_of(self._index, self.streams[series_id], issue_id), None)


def select(rule: LoadedRule, places: Places) -> Selected:
    """Of `places` those to which the rule applies, and the series that it selects. One query."""
    applying = {pk: place for pk, place in places.items() if rule.applies_to(place)}
    sources = [s.source for s in rule.spec.selector.sources]
    streams = streams_of(Series.objects.filter(project_environment__in=list(applying), source__in=sources))
    index = index_of([rule])
    return Selected(rule, applying, {pk: stream for pk, stream in streams.items() if any(keys_of(index, stream))})


def count(selected: Selected, span: PreviewSpan, most_events: int) -> CountedScopes:
    """Looks the scopes up: one query, of a rule that looks into events two."""
    if counts_events(selected.rule.spec):
        return CountedByEvents(selected, span, most_events)
    return CountedBySeries(selected, span)


class CountedBySeries(CountedScopes):
    """Scopes of whole series."""

    def __init__(self, selected: Selected, span: PreviewSpan) -> None:
        self._selected, self._span = selected, span
        self._members: dict[ScopeKey, list[int]] = defaultdict(list)
        totals = hour_totals(selected.streams, span)
        errors: dict[ScopeKey, int] = defaultdict(int)
        for pk in selected.streams:
            if key := selected.key(pk):
                self._members[key].append(pk)
                errors[key] += totals.get(pk, 0)
        self.errors = _busiest_first(errors)

    def series(self, keys: Collection[ScopeKey]) -> list[int]:
        return [pk for key in keys for pk in self._members[key]]

    def tallies(self, keys: Collection[ScopeKey]) -> dict[ScopeKey, Tally]:
        streams = {pk: self._selected.streams[pk] for pk in self.series(keys)}
        return tally_series([self._selected.rule], self._selected.places, streams, self._span.origin, self._span.end)


class CountedByEvents(CountedScopes):
    """Scopes whose events are counted one by one."""

    def __init__(self, selected: Selected, span: PreviewSpan, most: int) -> None:
        self._selected, self._span = selected, span
        counts = minute_totals(selected.streams, span)
        total = sum(counts.values(), start=np.zeros(span.minutes, dtype=np.int64))
        self.known_from = first_minute(total, most)
        wanted = {place: line > 0 for place, line in counts.items()}
        for flags in wanted.values():
            flags[: self.known_from] = False
        spec = selected.rule.spec
        self.looked_at = int(total[self.known_from :].sum())
        self.events = self._seen = read(
            wanted, list(selected.streams), event_filter(spec.selector), spec.signatures, span, max(most, 1)
        )
        self._of: dict[ScopeKey, list[tuple[int, int]]] = defaultdict(list)
        errors: dict[ScopeKey, int] = defaultdict(int)
        for (series, issue), n in self._pairs().items():
            if key := selected.key(series, issue):
                self._of[key].append((series, issue))
                errors[key] += n
        self.errors = _busiest_first(errors)

    def _pairs(self) -> dict[tuple[int, int], int]:
        """By series and issue, the events in the span."""
        if not len(self._seen.times):
            return {}
        recent = (self._seen.minutes >= self._span.before).astype(np.int64)
        pairs, at = np.unique(np.stack([self._seen.series, self._seen.issues]), axis=1, return_inverse=True)
        totals = np.bincount(at.ravel(), weights=recent, minlength=pairs.shape[1])
        return {(int(s), int(i)): int(n) for s, i, n in zip(*pairs, totals, strict=True)}

    def series(self, keys: Collection[ScopeKey]) -> list[int]:
        return sorted({series for key in keys for series, _ in self._of[key]})

    def tallies(self, keys: Collection[ScopeKey]) -> dict[ScopeKey, Tally]:
        lines: Lines = {}
        for pair in (pair for key in keys for pair in self._of[key]):
            chosen = (self._seen.series == pair[0]) & (self._seen.issues == pair[1])
            lines[pair] = np.bincount(self._seen.minutes[chosen], minlength=self._span.minutes)
        return add_up([self._selected.rule], self._selected.places, self._selected.streams, lines)


def hour_totals(series: Collection[int], span: PreviewSpan) -> dict[int, int]:
    """By series, the events in the span's hours. One query."""
    rows = HourCount.objects.filter(series__in=list(series), hour__gte=span.first_hour, hour__lt=span.end)
    return dict(rows.values_list("series_id").annotate(total=Sum("n")))


def minute_totals(series: Collection[int], span: PreviewSpan) -> dict[int, Ints]:
    """By environment, the events of the series per minute from the span's origin. One query."""
    rows = MinuteCount.objects.filter(series__in=list(series), minute__gte=span.origin, minute__lt=span.end)
    grouped = rows.values(place=F("series__project_environment")).annotate(
        at=minutes_after(span.origin, "minute"), total=Sum("n")
    )
    lines: dict[int, Ints] = defaultdict(lambda: np.zeros(span.minutes, dtype=np.int64))
    for place, at, total in grouped.values_list("place", "at", "total"):
        lines[place][at] = total
    return lines


def _busiest_first(errors: Mapping[ScopeKey, int]) -> dict[ScopeKey, int]:
    """Without those that had none, as they cannot have fired."""
    ordered = sorted(errors.items(), key=lambda each: (-each[1], each[0]))
    return {key: n for key, n in ordered if n}
