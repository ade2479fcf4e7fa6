"""Reads the events that rules look at one by one: exact times for floors, texts for signatures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet, Window
from django.db.models.functions import Left, RowNumber

from detections.rules.active_rules import LoadedRule
from detections.rules.counting.counts import ScopeKey, Tally, counts_events, event_filter
from detections.rules.evaluation.signature_filter import AS_TEXT, filter_of
from detections.rules.evaluation.signatures import Chain, SampledEvent
from detections.telemetry.models import Event
from opsconsole.lib.clock import MINUTE

# In a flood so many events are looked at, the newest of each series first, so that no series pushes out another's, and
# as many that signatures may match; counts stay exact. Of 100,000 events in 50 series they are found in 0.25 s; read in
# 1.5 s where each text has 8 KB.
MOST = 20_000
TEXT = 2000  # characters of a message that signatures see; what names a failure stands at its beginning
CHUNK = 2000

Texts = tuple[str, str, str, Chain, tuple[str, ...]]


@dataclass(frozen=True)
class EventSamples:
    """Events by scope, oldest first; `cut` are the scopes of which a flood left some out."""

    by_scope: Mapping[ScopeKey, Sequence[SampledEvent]]
    cut: Collection[ScopeKey]

    def of(self, key: ScopeKey) -> Sequence[SampledEvent]:
        return self.by_scope.get(key, ())


def reach(rule: LoadedRule) -> timedelta:
    """How far before the slot's end the rule looks at single events."""
    spec = rule.spec
    windows = [s.minutes for s in spec.signatures] + ([spec.exceedance.window_minutes] if spec.exceedance else [])
    return (max(windows, default=0) + 1) * MINUTE


def load(tallies: Mapping[ScopeKey, Tally], rules: Mapping[int, LoadedRule], slot_end: datetime) -> EventSamples:
    """The events of the given scopes: one query, and one for each rule that looks into events."""
    sightings: dict[ScopeKey, list[SampledEvent]] = defaultdict(list)
    plain = {k: t for k, t in tallies.items() if not counts_events(rules[k.rule_id].spec)}
    cut = _read(plain, [rules[pk] for pk in {k.rule_id for k in plain}], slot_end, sightings)
    for rule_id in {k.rule_id for k in tallies} - {k.rule_id for k in plain}:
        own = {k: t for k, t in tallies.items() if k.rule_id == rule_id}
        cut |= _read(own, [rules[rule_id]], slot_end, sightings)
    return EventSamples(sightings, cut)


def _read(
    tallies: Mapping[ScopeKey, Tally],
    rules: Collection[LoadedRule],
    slot_end: datetime,
    sightings: dict[ScopeKey, list[SampledEvent]],
) -> set[ScopeKey]:
    """Adds to `sightings`; returns the scopes of which some were left out."""
    if not tallies:
        return set()
    events = _events(tallies, rules, slot_end)
    age = Window(RowNumber(), partition_by="series_id", order_by=F("occurred_at").desc())
    newest = events.annotate(age=age).order_by("age", "-occurred_at")
    read = _assign(_chosen(newest, rules, slot_end), tallies, rules, sightings)
    cut_series = set(_cut(read, {series_id for tally in tallies.values() for series_id in tally.series}))
    cut = {key for key, tally in tallies.items() if tally.series & cut_series}
    if cut:
        _add_candidates({key: tallies[key] for key in cut}, rules, slot_end, sightings)
    return cut


def _add_candidates(
    cut: Mapping[ScopeKey, Tally],
    rules: Collection[LoadedRule],
    slot_end: datetime,
    sightings: dict[ScopeKey, list[SampledEvent]],
) -> None:
    """Adds those that signatures may match among the events that a flood left out: what floods a series, or shares one
    with it, hides no known failure. One query."""
    wanted = filter_of(signature for rule in rules for signature in rule.spec.signatures)
    if wanted is None:
        return
    candidates = _events(cut, rules, slot_end).annotate(**AS_TEXT).filter(wanted).order_by("-occurred_at")
    _assign(_chosen(candidates, rules, slot_end), cut, rules, sightings)
    for key in cut:
        once = {sighting.event_id: sighting for sighting in sightings[key]}
        sightings[key] = sorted(once.values(), key=lambda sighting: sighting.at)


def _assign(
    events: QuerySet[Event],
    tallies: Mapping[ScopeKey, Tally],
    rules: Collection[LoadedRule],
    sightings: dict[ScopeKey, list[SampledEvent]],
) -> Counter[int]:
    """Adds the events to the scopes that count them; returns how many each series has."""
    scopes: dict[int, list[ScopeKey]] = defaultdict(list)
    for key, tally in tallies.items():
        for series_id in tally.series:
            scopes[series_id].append(key)
    by_issue = any(rule.spec.group_by == "issue" for rule in rules)
    read: Counter[int] = Counter()
    for series_id, issue_id, sighting in _sightings(events, rules):
        read[series_id] += 1
        for key in scopes[series_id]:
            if not by_issue or key.group_key == str(issue_id):
                sightings[key].append(sighting)
    return read


def _events(tallies: Mapping[ScopeKey, Tally], rules: Collection[LoadedRule], slot_end: datetime) -> QuerySet[Event]:
    """All events of the scopes in reach of their rules."""
    start = _start(rules, slot_end)
    events = Event.objects.filter(
        project_environment__in={k.project_environment_id for k in tallies},
        series__in={pk for t in tallies.values() for pk in t.series},
        occurred_at__gte=start,
        occurred_at__lt=slot_end,
        received_at__gte=start,
    )
    first = next(iter(rules)).spec
    return events.filter(event_filter(first.selector)) if counts_events(first) else events


def _start(rules: Collection[LoadedRule], slot_end: datetime) -> datetime:
    return slot_end - max(reach(rule) for rule in rules)


def _chosen(ordered: QuerySet[Event], rules: Collection[LoadedRule], slot_end: datetime) -> QuerySet[Event]:
    """The first MOST, oldest first. They are chosen without reading their texts."""
    chosen = Event.objects.filter(id__in=ordered.values("id")[:MOST], received_at__gte=_start(rules, slot_end))
    return chosen.order_by("occurred_at", "id")


def _sightings(events: QuerySet[Event], rules: Collection[LoadedRule]) -> Iterator[tuple[int, int, SampledEvent]]:
    """Series, issue and what rules look at; texts only where a signature asks for them."""
    rows = events.values_list("series_id", "issue_id", "event_id", "occurred_at")
    if not any(rule.spec.signatures for rule in rules):
        for series_id, issue_id, event_id, at in rows.iterator(CHUNK):
            yield series_id, issue_id, SampledEvent(event_id.hex, at, "", "", "")
        return
    texts = rows.annotate(text=Left("message", TEXT)).values_list(
        "series_id", "issue_id", "event_id", "occurred_at", "exception_type", "logger", "text", "chain", "places"
    )
    known: dict[Texts, Texts] = {}  # a flood repeats few texts: each is kept once
    for series_id, issue_id, event_id, at, exception, logger, text, chain, places in texts.iterator(CHUNK):
        links = tuple((link.get("type", ""), link.get("value", "")) for link in chain)
        row_texts: Texts = (exception, logger, text, links, tuple(places))
        yield series_id, issue_id, SampledEvent(event_id.hex, at, *known.setdefault(row_texts, row_texts))


def _cut(read: Counter[int], series: Collection[int]) -> list[int]:
    """The series of which some events may have been left out: of the others there were fewer than all got. Where there
    are more series than events are looked at, those without any are left out too."""
    if read.total() < MOST:
        return []
    most = max(read.values())
    return [series_id for series_id in series if read[series_id] >= most - 1]
