"""Runs a preview: at once where it is small, else some scopes at a time by a task that keeps what it has in Redis."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from detections.dashboard.rule_preview.outcome import Present, PreviewOutcome, add, begin, by_scope, finish
from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import counts_events
from detections.rules.models import Rule
from detections.rules.preview.counted import hour_totals, select
from detections.rules.preview.present import firing_now
from detections.rules.preview.replay import Replay, unsaved
from detections.rules.preview.span import WEEK, PreviewSpan
from detections.rules.spec.schema import RuleSpec, decode, encode
from opsconsole.lib.clock import floor_hour, floor_minute

# What is judged at once, some tenths of a second; more is left to the task.
SCOPES_AT_ONCE, SERIES_AT_ONCE, EVENTS_AT_ONCE = 100, 300, 20_000
# Of what the task judges too.
MOST_SCOPES, MOST_EVENTS = 2_000, 50_000
AT_ONCE = 10  # scopes between two looks at the time: one that fires all the time takes a tenth of a second


class Asked(msgspec.Struct):
    """What is previewed: the content, as a version of the rule `rule` (None: a new one), the length and end of the
    span, and the scope whose chart is wanted ('': the one that matters most)."""

    spec: dict[str, object]
    rule: int | None
    hours: int
    end: datetime
    scope: str = ""

    @property
    def loaded(self) -> LoadedRule:
        return unsaved(decode(self.spec), Rule.objects.filter(pk=self.rule).first() if self.rule else None)

    @property
    def span(self) -> PreviewSpan:
        """Whole hours before the running one, and what is over of that."""
        return PreviewSpan(floor_hour(self.end) - timedelta(hours=self.hours), self.end)


def asked(spec: RuleSpec, rule: Rule | None, now: datetime, length: timedelta = WEEK, scope: str = "") -> Asked:
    hours = length // timedelta(hours=1)
    return Asked(encode(spec), rule.pk if rule else None, hours, floor_minute(now), scope)


def is_large(wanted: Asked) -> bool:
    """Whether it is left to the task. Three queries."""
    rule = wanted.loaded
    if not rule.spec.counts:
        return False
    selected = select(rule, environments())
    if len(selected.streams) > SERIES_AT_ONCE:
        return True
    spec, condition = rule.spec, rule.spec.exceedance
    looks_into = counts_events(spec) or any(not s.unreported for s in spec.signatures)
    by_floors = condition is not None and condition.floor_mode == "always"
    return (looks_into or by_floors) and sum(hour_totals(selected.streams, wanted.span).values()) > EVENTS_AT_ONCE


def at_once(wanted: Asked, now: datetime) -> PreviewOutcome:
    """The whole preview, of the busiest scopes and the newest events only."""
    rule = wanted.loaded
    if not rule.spec.counts:
        return present(wanted, rule, now)
    replay = Replay(rule, wanted.span, now, EVENTS_AT_ONCE)
    outcome = begin(replay, SCOPES_AT_ONCE)
    for scopes in replay.scopes(SCOPES_AT_ONCE):
        add(outcome, scopes, replay)
    finish(outcome, replay, wanted.scope)
    return outcome


def present(wanted: Asked, rule: LoadedRule, now: datetime) -> PreviewOutcome:
    """Of a rule that counts nothing."""
    found, total = firing_now(rule, now)
    rows = [Present(each.place, each.group, each.severity, each.sentence) for each in found]
    span = wanted.span
    return PreviewOutcome(span.start, span.end, 0, counts=False, present=rows, present_total=total)


def go_on(wanted: Asked, before: PreviewOutcome | None, now: datetime, more: Callable[[], bool]) -> PreviewOutcome:
    """The next scopes, AT_ONCE at a time while there is `more` time; whole when none is `waiting`."""
    replay = Replay(wanted.loaded, wanted.span, now, MOST_EVENTS)
    known = by_scope(replay)
    outcome = before or begin(replay, MOST_SCOPES)
    if before is None:
        outcome.waiting = list(known)[:MOST_SCOPES]
    replay.go_on_from(outcome.events_read, outcome.events_from)
    while outcome.waiting:
        chosen, outcome.waiting = outcome.waiting[:AT_ONCE], outcome.waiting[AT_ONCE:]
        add(outcome, replay.judge([known[scope] for scope in chosen if scope in known]), replay)
        outcome.judged = outcome.total - len(outcome.waiting)
        if not more():
            break
    if not outcome.waiting:
        finish(outcome, replay, wanted.scope)
    return outcome
