"""What a preview found, as its panel shows it and as Redis keeps it while the rest is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np

from detections.dashboard.rule_preview.chart import chart_of
from detections.dashboard.rule_preview.episodes import Fired, fired, timing_of
from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Severity
from detections.rules.preview.replay import Replay, ScopeReplay
from detections.rules.preview.span import PreviewSpan
from detections.rules.spec.describe import learnt_days, source_name
from detections.telemetry.issues import queries as issue_queries
from opsconsole.lib.charts.time_chart import TimeChart

KEPT = 500  # fired alerts that are kept; more are counted
ROWS = 500  # scopes that are kept
NAMED = 3  # alerts that the first sentence names
SHOWN = 50  # alerts in the table, and scopes to choose from


class ScopeRow(msgspec.Struct):
    """One scope: how many errors and alerts it had, the worst severity, and whether its baseline was established."""

    scope: str
    place: str
    group: str
    errors: int
    fired: int
    worst: int
    learnt_hours: float
    established_hours: int


class Present(msgspec.Struct):
    """What a rule that counts nothing would say now of one scope."""

    place: str
    group: str
    severity: int
    sentence: str

    @property
    def severity_word(self) -> str:
        return Severity(self.severity).label.lower()


class PreviewOutcome(msgspec.Struct):
    """What was found in (start, end]. `judged` of `total` scopes are done; `left_out` are not judged at all. `waiting`:
    those that the task has still to judge, in the order in which it began, since counts that come meanwhile change who
    is busiest."""

    start: datetime
    end: datetime
    total: int
    left_out: int = 0
    judged: int = 0
    waiting: list[str] = []
    errors: int = 0
    fired: list[Fired] = []
    by_severity: dict[int, int] = {}
    rows: list[ScopeRow] = []
    notes: list[str] = []
    chart: TimeChart | None = None
    charted: str = ""
    counts: bool = True  # False: a rule that counts nothing; `present` says what it would say now
    present: list[Present] = []
    present_total: int = 0
    events_read: int = 0
    events_from: datetime | None = None

    @property
    def number(self) -> int:
        """Of all alerts that would have been told of."""
        return sum(self.by_severity.values())

    @property
    def days(self) -> str:
        """`7 days`, `24 hours`."""
        length = self.end - self.start
        return f"{length // timedelta(days=1)} days" if length >= timedelta(days=2) else "24 hours"

    @property
    def times(self) -> str:
        """`once`, `3 times`."""
        return "once" if self.number == 1 else f"{self.number:,} times"

    @property
    def newest(self) -> str:
        """`: Tue 24 Nov 14:02 high, Wed 25 Nov 03:10 medium (later critical).`; of many the last NAMED, and how many
        of each severity."""
        named = ", ".join(f"{alert.when} {alert.severities}" for alert in self.fired[-NAMED:])
        if self.number <= NAMED:
            return f": {named}."
        each = ", ".join(
            f"{n:,} {Severity(s).label.lower()}" for s, n in sorted(self.by_severity.items(), reverse=True)
        )
        return f" ({each}), last {named}."

    @property
    def last_fired(self) -> list[Fired]:
        """The alerts of the table, newest first."""
        return self.fired[: -SHOWN - 1 : -1]

    @property
    def first_rows(self) -> list[ScopeRow]:
        """The scopes whose chart can be chosen, and that which is."""
        return [*self.rows[:SHOWN], *(row for row in self.rows[SHOWN:] if row.scope == self.charted)]


def scope_id(key: ScopeKey) -> str:
    return f"{key.project_environment_id}:{key.group_key}"


def by_scope(replay: Replay) -> dict[str, ScopeKey]:
    """The scopes that were counted, the busiest first."""
    return {scope_id(key): key for key in replay.counted.errors}


def add(outcome: PreviewOutcome, replays: Iterable[ScopeReplay], replay: Replay) -> None:
    """Adds some scopes."""
    timing = timing_of(replay.rule.spec)
    for each in replays:
        place = f"{each.place.project.slug}/{each.place.name}"
        alerts = fired(each.judged, replay.span, timing) if each.fired else []
        for alert in alerts:
            alert.place, alert.group, alert.scope = place, each.key.group_key, scope_id(each.key)
        outcome.judged += 1
        outcome.by_severity = dict(Counter(outcome.by_severity) + Counter(alert.severity for alert in alerts))
        outcome.fired = sorted([*outcome.fired, *alerts], key=lambda alert: alert.at)[-KEPT:]
        outcome.rows.append(_row(each, place, alerts))
    outcome.events_read = replay.events_read
    if replay.events_from:
        outcome.events_from = replay.span.origin + replay.events_from * timedelta(minutes=1)
    outcome.rows = sorted(outcome.rows, key=lambda row: (-row.worst, -row.fired, -row.errors))[:ROWS]


def _row(each: ScopeReplay, place: str, alerts: Sequence[Fired]) -> ScopeRow:
    week = each.weeks[each.source] if each.weeks else None
    return ScopeRow(
        scope=scope_id(each.key),
        place=place,
        group=each.key.group_key,
        errors=each.errors,
        fired=len(alerts),
        worst=max((alert.severity for alert in alerts), default=0),
        learnt_hours=float(week.covered[-1]) if week else 0.0,
        established_hours=int(np.count_nonzero(week.established)) if week else 0,
    )


def begin(replay: Replay, most: int) -> PreviewOutcome:
    """Before any scope is judged."""
    number = len(replay.counted.errors)
    return PreviewOutcome(
        start=replay.span.start,
        end=replay.span.end,
        total=min(number, most),
        left_out=max(0, number - most),
        errors=sum(replay.counted.errors.values()),
    )


def finish(outcome: PreviewOutcome, replay: Replay, wanted: str) -> None:
    """Notes and chart, of the scope that is wanted or else of the first row."""
    outcome.notes = [
        *_learning(outcome, replay.span),
        *_events(outcome, replay),
        *_left_out(outcome),
        *_standing(replay),
    ]
    _name_issues(outcome, replay)
    known = by_scope(replay)
    chosen = wanted if wanted in known else (outcome.rows[0].scope if outcome.rows else "")
    if chosen in known:
        for scope in replay.judge([known[chosen]], every_hour=True):
            alerts = [alert for alert in outcome.fired if alert.scope == chosen]
            name = next((row.group for row in outcome.rows if row.scope == chosen), scope.key.group_key)
            outcome.chart, outcome.charted = chart_of(scope, replay, alerts, name), chosen


def _name_issues(outcome: PreviewOutcome, replay: Replay) -> None:
    """Issues by their titles: the number alone, which groups them, says nothing to a person. One query."""
    if replay.rule.spec.group_by != "issue":
        return
    named: list[ScopeRow | Fired] = [*outcome.rows, *outcome.fired]
    issues = [(each, each.scope.rpartition(":")[2]) for each in named]
    numbered = [(each, int(number)) for each, number in issues if number.isdecimal()]
    titles = issue_queries.titles({number for _, number in numbered})
    for each, number in numbered:
        each.group = f"{titles[number]} (issue {number})" if number in titles else f"issue {number}, deleted since"


def _learning(outcome: PreviewOutcome, span: PreviewSpan) -> list[str]:
    """Who judged: the baseline, floors, or floors until there was a baseline."""
    rows = outcome.rows
    if not rows or all(row.established_hours == span.hours for row in rows):
        return []
    if not any(row.established_hours for row in rows):
        most = max(row.learnt_hours for row in rows)
        return [f"Floors decide: there is no baseline yet ({learnt_days(most)})."]
    late = sum(row.established_hours < span.hours for row in rows)
    many = f"{late} of {len(rows)}" if len(rows) > 1 else "this scope"
    return [f"Floors decide for {many} in hours whose baseline was not established: the history is too short."]


def _events(outcome: PreviewOutcome, replay: Replay) -> list[str]:
    looked_at, read = replay.looked_at, outcome.events_read
    if looked_at is not None:
        start = f", from {_moment(replay.known_from)} on; nothing before is judged" if replay.counted.known_from else ""
        return [f"This rule looks into single events: {looked_at:,} were read, {read:,} match{start}."]
    if outcome.events_from:
        return [
            f"The exact times and texts of {read:,} events were read, from {_moment(outcome.events_from)} on; before, "
            "whole minutes count and no known failure is recognised."
        ]
    return []


def _left_out(outcome: PreviewOutcome) -> list[str]:
    if not outcome.left_out:
        return []
    total = outcome.total + outcome.left_out
    return [f"The {outcome.total:,} of {total:,} with most errors were judged; the others are left out."]


def _standing(replay: Replay) -> list[str]:
    """Where the rule is dormant: what it waits for, and on which source it was judged all the same."""
    lines = []
    for place in replay.selected.places.values():
        state, name = replay.state(place), f"{place.project.slug}/{place.name}"
        if state.name == "dormant":
            waits = " and ".join(need.label for need in state.unmet) or "a source that delivers"
            source = source_name(state.sources[0].source)
            lines.append(f"{name}: would be dormant (waits for {waits}); judged on {source} as if it were armed.")
        elif len(state.sources) > 1 and state.source_in_use:
            lines.append(f"{name}: stands on {source_name(state.source_in_use)}.")
    return lines[:10]


def _moment(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %H:%M} UTC"
