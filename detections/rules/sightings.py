"""Reads the events that rules look at one by one: exact times for floors, texts for signatures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.rules.counts import ScopeKey, Tally, event_filter, looks_into_events
from detections.rules.inforce import InForce
from detections.rules.signatures import Sighting
from detections.telemetry.models import Event
from opsconsole.lib.clock import MINUTE

# In a flood the newest events are looked at; counts stay exact. 20,000 rows are read in about 0.1 s.
MOST = 20_000
TEXT = 2000  # characters of a message that signatures see; what names a failure stands at its beginning


@dataclass(frozen=True)
class Sightings:
    """Events by scope, oldest first; `complete` is False when some of a flood were left out."""

    by_scope: Mapping[ScopeKey, Sequence[Sighting]]
    complete: bool

    def of(self, key: ScopeKey) -> Sequence[Sighting]:
        return self.by_scope.get(key, ())


def reach(rule: InForce) -> timedelta:
    """How far before the slot's end the rule looks at single events."""
    spec = rule.spec
    windows = [s.minutes for s in spec.signatures] + ([spec.exceedance.window_minutes] if spec.exceedance else [])
    return (max(windows, default=0) + 1) * MINUTE


def load(tallies: Mapping[ScopeKey, Tally], rules: Mapping[int, InForce], slot_end: datetime) -> Sightings:
    """The events of the given scopes: one query, and one for each rule that looks into events."""
    found: dict[ScopeKey, list[Sighting]] = defaultdict(list)
    plain = {k: t for k, t in tallies.items() if not looks_into_events(rules[k.rule_id].spec)}
    complete = _read(plain, [rules[pk] for pk in {k.rule_id for k in plain}], slot_end, found)
    for rule_id in {k.rule_id for k in tallies} - {k.rule_id for k in plain}:
        own = {k: t for k, t in tallies.items() if k.rule_id == rule_id}
        complete &= _read(own, [rules[rule_id]], slot_end, found)
    return Sightings(found, complete)


def _read(
    tallies: Mapping[ScopeKey, Tally],
    rules: Iterable[InForce],
    slot_end: datetime,
    found: dict[ScopeKey, list[Sighting]],
) -> bool:
    if not tallies:
        return True
    rules = list(rules)
    start = slot_end - max(reach(rule) for rule in rules)
    events = Event.objects.filter(
        project_environment__in={k.project_environment_id for k in tallies},
        series__in={pk for t in tallies.values() for pk in t.series},
        occurred_at__gte=start,
        occurred_at__lt=slot_end,
        received_at__gte=start,
    )
    if looks_into_events(rules[0].spec):
        events = events.filter(event_filter(rules[0].spec.selector))
    rows = events.order_by("-occurred_at").values_list(
        "series_id", "issue_id", "event_id", "occurred_at", "exception_type", "logger", "message"
    )[:MOST]
    scopes: dict[int, list[ScopeKey]] = defaultdict(list)
    for key, tally in tallies.items():
        for series_id in tally.series:
            scopes[series_id].append(key)
    by_issue = any(rule.spec.group_by == "issue" for rule in rules)
    number = 0
    for series_id, issue_id, event_id, at, exception, logger, message in reversed(rows):
        number += 1
        sighting = Sighting(event_id.hex, at, exception, logger, message[:TEXT])
        for key in scopes[series_id]:
            if not by_issue or key.group_key == str(issue_id):
                found[key].append(sighting)
    return number < MOST
