"""Replays a rule, saved or not, over the slots of a span: what the engine's own functions say of the stored counts.

Of each hour the baseline is that of the week before it, without what came later. Prerequisites are taken as they are
now, since nobody stores what they were.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import numpy as np
from django.db.models import Q

from detections.rules.active_rules import LoadedRule, environments
from detections.rules.baseline.hourly_baselines import History, excluded_hours
from detections.rules.baseline.limits import Limits
from detections.rules.counting.counts import ScopeKey, Tally
from detections.rules.counting.coverage import CoveredMinutes, first_covered
from detections.rules.evaluation.count_now import window_of
from detections.rules.lifecycle.state import RuleState, RuleStates
from detections.rules.models import Rule, RuleVersion, Scope
from detections.rules.preview import events as single
from detections.rules.preview import slots
from detections.rules.preview.baselines import HourBaseline, Weeks, baselines_of, weeks_of
from detections.rules.preview.counted import CountedScopes, Selected, count, select
from detections.rules.preview.events import Flags, Ints, SeenEvents
from detections.rules.preview.slots import Judged, SourceSlots
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.schema import RuleSpec
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.clock import MINUTE

AT_ONCE = 50  # scopes: two weeks of minutes of each are 160 KB a source


@dataclass(frozen=True)
class ScopeReplay:
    """One scope: its slots judged, by source its baselines (by hour of the span, where they were needed) and weeks."""

    key: ScopeKey
    place: ProjectEnvironment
    errors: int
    sources: Sequence[str]
    judged: Judged
    baselines: Sequence[Sequence[HourBaseline | None]]
    weeks: Sequence[Weeks]
    missing: Ints  # by slot the minutes of its window that were not covered

    @property
    def fired(self) -> bool:
        return bool((self.judged.outcome == slots.FIRING).any())

    @property
    def source(self) -> int:
        """The number of the source that most slots were judged by."""
        return int(np.bincount(self.judged.source).argmax())


@dataclass
class _CountedScope:
    """One scope before its slots are judged."""

    key: ScopeKey
    tally: Tally
    sources: Sequence[str]
    by_source: Sequence[SourceSlots]
    source: Ints
    weeks: Sequence[Weeks]
    baselines: Sequence[Sequence[HourBaseline | None]] = ()

    @cached_property
    def chosen(self) -> SourceSlots:
        """The counts of each slot's source."""
        if len(self.by_source) == 1:
            return self.by_source[0]
        names = ("count", "before", "hour", "missing", "at_most")
        return SourceSlots(*(np.choose(self.source, [getattr(s, name) for s in self.by_source]) for name in names))


def unsaved(spec: RuleSpec, rule: Rule | None = None) -> LoadedRule:
    """The content as if it were in force: as a version of `rule`, or of a rule that is not stored."""
    mode = Rule.Mode.ACTIVE
    identity = Rule(pk=rule.pk, identifier=rule.identifier, mode=mode) if rule else Rule(pk=0, mode=mode)
    return LoadedRule(identity, RuleVersion(pk=0, number=0), spec)


class Replay:
    """What a rule finds, and its slots judged scope by scope. Six queries; four more for some scopes."""

    def __init__(self, rule: LoadedRule, span: PreviewSpan, now: datetime, most_events: int) -> None:
        self.rule, self.span, self.most_events = rule, span, most_events
        self.selected: Selected = select(rule, environments())
        self.counted: CountedScopes = count(self.selected, span, most_events)
        places = self.selected.places
        linked = {place.environment for place in places.values() if place.environment is not None}
        self._states = RuleStates([rule], linked, now)
        self._covered = CoveredMinutes(self.sources, span.origin, span.end)
        self._excluded = excluded_hours(places.keys(), span.cells_start, span.end)
        self.events_read = len(self.counted.events.times) if self.counted.events else 0
        self.events_from: int = self.counted.known_from

    @property
    def sources(self) -> list[str]:
        return [s.source for s in self.rule.spec.selector.sources]

    @property
    def looked_at(self) -> int | None:
        """How many events were looked at to count those that match; None where whole series are counted."""
        return self.counted.looked_at

    @property
    def known_from(self) -> datetime:
        """From when on events are counted."""
        return self.span.origin + self.counted.known_from * MINUTE

    def go_on_from(self, events_read: int, events_from: datetime | None) -> None:
        """Adds to what an earlier turn read of single events beside counts."""
        if self.looked_at is None:
            self.events_read = events_read
            self.events_from = (events_from - self.span.origin) // MINUTE if events_from else 0

    def state(self, place: ProjectEnvironment) -> RuleState:
        return self._states.in_project(self.rule, place)

    def scopes(self, most: int) -> Iterator[list[ScopeReplay]]:
        """The busiest scopes, AT_ONCE at a time."""
        keys = list(self.counted.errors)[:most]
        for first in range(0, len(keys), AT_ONCE):
            yield self.judge(keys[first : first + AT_ONCE])

    def judge(self, keys: Sequence[ScopeKey], *, every_hour: bool = False) -> list[ScopeReplay]:
        """Their slots; with `every_hour` the baselines also of hours in which nothing was counted."""
        tallies = self.counted.tallies(keys)
        readings = [self._read(key, tallies[key]) for key in keys if key in tallies]
        self._estimate(readings, every_hour=every_hour)
        events = self._events(readings)
        return [self._judge(reading, events) for reading in readings]

    def _read(self, key: ScopeKey, tally: Tally) -> _CountedScope:
        place = self.selected.places[key.project_environment_id]
        window, span = window_of(self.rule), self.span
        state = self.state(place)
        names = [s.source for s in state.sources if s.qualifies] or [s.source for s in state.sources]
        by_source = [
            slots.source_slots(tally.of(name, span.minutes), self._flags(name, place), window, span) for name in names
        ]
        weeks = [self._weeks(name, place, tally) for name in names] if self.rule.spec.exceedance else []
        return _CountedScope(key, tally, names, by_source, slots.choose(by_source, window), weeks)

    def _flags(self, source: str, place: ProjectEnvironment) -> Flags:
        flags = self._covered.minutes(source, place)
        if not self.counted.known_from:
            return flags
        flags = flags.copy()
        flags[: self.counted.known_from] = False
        return flags

    def _weeks(self, source: str, place: ProjectEnvironment, tally: Tally) -> Weeks:
        condition, span = self.rule.spec.exceedance, self.span
        assert condition is not None
        excluded = self._excluded.get(place.pk)
        kept = 1 - excluded if excluded is not None else np.ones((span.end - span.cells_start) // (60 * MINUTE))
        since = self._history.since(source, place)
        if since is not None and self.counted.known_from:
            since = max(since, self.known_from)
        flags = self._flags(source, place)
        return weeks_of(tally.of(source, span.minutes), flags, kept, span, condition, since)

    @cached_property
    def _history(self) -> History:
        stored = Scope.objects.filter(rule=self.rule.rule.pk).count()
        return History(first_covered(self.sources), {self.rule.rule.pk: max(stored, len(self.counted.errors))})

    def _estimate(self, readings: Sequence[_CountedScope], *, every_hour: bool) -> None:
        condition = self.rule.spec.exceedance
        if condition is None:
            return
        for number in range(max((len(r.weeks) for r in readings), default=0)):
            having = [r for r in readings if number < len(r.weeks)]
            wanted = [self._wanted(r.by_source[number], every_hour=every_hour) for r in having]
            alphas = [self._history.alpha(self.rule)] * len(having)
            found = baselines_of([r.weeks[number] for r in having], wanted, alphas, self.span, condition)
            for reading, each in zip(having, found, strict=True):
                reading.baselines = (*reading.baselines, each)

    def _wanted(self, counts: SourceSlots, *, every_hour: bool) -> Flags:
        """The hours in which something was counted: a window without errors exceeds nothing."""
        if every_hour:
            return np.ones(self.span.hours, dtype=np.bool_)
        return np.bincount(self._hours, weights=counts.at_most, minlength=self.span.hours) > 0

    @cached_property
    def _hours(self) -> Ints:
        return self.span.hour_of_slots

    def _limits(self, reading: _CountedScope) -> list[Limits | None]:
        """By source and hour, in one row."""
        return [each.limits if each else None for line in reading.baselines for each in line] or [None]

    def _limit_numbers(self, reading: _CountedScope) -> Ints:
        return reading.source * self.span.hours + self._hours if reading.baselines else np.zeros_like(self._hours)

    def _events(self, readings: Sequence[_CountedScope]) -> SeenEvents:
        """Those whose exact times or texts decide: of these scopes, the newest within the bound."""
        if self.counted.events is not None:
            return self.counted.events
        signatures = self.rule.spec.signatures
        patterns = any(not s.unreported for s in signatures)
        nothing = np.zeros(self.span.minutes, dtype=np.int64)
        counts: dict[int, Ints] = defaultdict(nothing.copy)
        wanted: dict[int, Flags] = defaultdict(lambda: nothing > 0)
        for reading in readings:
            if slots.SENTRY in reading.tally.minutes:
                line, place = reading.tally.minutes[slots.SENTRY], reading.key.project_environment_id
                counts[place] += line
                wanted[place] |= (line if patterns else line * self._undecided_minutes(reading)) > 0
        for flags in wanted.values():
            flags[: self.span.before - single_reach(self.rule.spec)] = False
        # All scopes of an environment are read in the minutes that any of them wants.
        total = sum((counts[place] * flags for place, flags in wanted.items()), start=nothing)
        first = single.first_minute(total, self.most_events)
        self.events_from = max(self.events_from, first if total[:first].any() else 0)
        for flags in wanted.values():
            flags[:first] = False
        series = self.counted.series([reading.key for reading in readings])
        found = single.read(wanted, series, Q(), signatures, self.span, self.most_events)
        self.events_read += len(found.times)
        return found

    def _undecided_minutes(self, reading: _CountedScope) -> Ints:
        """1 for the minutes whose events' exact times decide a slot."""
        condition, window = self.rule.spec.exceedance, window_of(self.rule)
        holds = [
            condition is not None and (each is None or each.silent or condition.floor_mode == "always")
            for each in self._limits(reading)
        ]
        by_floors = np.array(holds, dtype=np.bool_)[self._limit_numbers(reading)]
        sentry = np.array([name == slots.SENTRY for name in reading.sources], dtype=np.bool_)[reading.source]
        open_ = slots.undecided(condition, reading.chosen, by_floors & sentry)
        edges = np.zeros(self.span.minutes + 1, dtype=np.int64)
        ends = self.span.before + 1 + np.flatnonzero(open_)
        np.add.at(edges, ends - window - 1, 1)
        np.add.at(edges, ends, -1)
        return np.asarray(np.cumsum(edges)[:-1] > 0, dtype=np.int64)

    def _judge(self, reading: _CountedScope, events: SeenEvents) -> ScopeReplay:
        spec, span = self.rule.spec, self.span
        own = events.chosen(self._of_scope(reading, events)) if len(events.times) else events
        exact = slots.busiest(own.times, window_of(self.rule), span)
        sentry = np.array([name == slots.SENTRY for name in reading.sources], dtype=np.bool_)[reading.source]
        lines = reading.tally.minutes
        holds = [slots.signature_slots(each, n, own, lines, span) for n, each in enumerate(spec.signatures)]
        judged = slots.judge(
            spec,
            reading.chosen,
            np.where(sentry, exact, 0),
            self._limits(reading),
            self._limit_numbers(reading),
            holds,
            reading.source,
        )
        place = self.selected.places[reading.key.project_environment_id]
        errors = self.counted.errors[reading.key]
        parts = (reading.sources, judged, reading.baselines, reading.weeks, reading.chosen.missing)
        return ScopeReplay(reading.key, place, errors, *parts)

    def _of_scope(self, reading: _CountedScope, events: SeenEvents) -> Flags:
        own = np.isin(events.series, sorted(reading.tally.series))
        if self.rule.spec.group_by == "issue" and reading.key.group_key.isdecimal():
            own &= events.issues == int(reading.key.group_key)
        return own


def single_reach(spec: RuleSpec) -> int:
    """How many minutes before a slot's end single events are looked at."""
    windows = [s.minutes for s in spec.signatures] + ([spec.exceedance.window_minutes] if spec.exceedance else [])
    return max(windows, default=0) + 1
