"""Who and what an alert's events concern: people and releases, counted over its scope's stored events."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from detections.alerts.models import Alert
from detections.rules.active_rules import LoadedRule, spec_of
from detections.rules.counting.counts import counts_events, event_filter, index_of, keys_of, streams_of
from detections.rules.evaluation.count_now import window_of
from detections.telemetry.models import Event, Series
from detections.telemetry.routes import MORE
from opsconsole.lib.clock import MINUTE, floor_minute

# Events of the environment that are looked at, newest first: some 0.1 s, whatever else an environment sends.
MOST = 50_000
RECEIVED_WITHIN = timedelta(days=2)  # after it occurred: what comes later is not looked for
RELEASES = 3  # named; most alerts have one
MOST_ALERTS = 50  # of which events are counted together

# `events` is (place, of_scope, user_hash, release), newest first. First the row of all, then one a place, then one a
# release.
COUNT = """
WITH newest (place, of_scope, user_hash, release) AS ({events})
SELECT release, count(*), count(*) FILTER (WHERE of_scope) AS n, count(DISTINCT user_hash) FILTER (WHERE of_scope)
FROM newest GROUP BY GROUPING SETS ((), (place), (release))
ORDER BY grouping(release, place) DESC, n DESC, release LIMIT {rows}
"""


@dataclass(frozen=True)
class Affected:
    """Of an alert's events from its first window to its end, or to the present: how many are stored, of how many
    people, and the releases with most of them. `complete` is False where there were too many to look at each."""

    events: int
    people: int
    releases: tuple[str, ...]
    complete: bool

    @property
    def people_in_words(self) -> str:
        """`3 people`, `at least 3 people`; where no event names any, that."""
        if not self.people:
            return "None named by the events" if self.complete else "Too many events to count them"
        people = "1 person" if self.people == 1 else f"{self.people:,} people"
        return people if self.complete else f"At least {people}"


def affected(alert: Alert, now: datetime) -> Affected | None:
    """None where the rule counts no events, or its version cannot be read. Two queries, bounded by MOST events; one
    more for a shared alert."""
    spec = spec_of(alert.version)
    if spec is None or not spec.counts:
        return None
    rule = LoadedRule(alert.rule, alert.version, spec)
    start = floor_minute(alert.opened_at) - window_of(rule) * MINUTE
    end = alert.resolved_at or now
    of_scope = _of_scope(alert, rule)
    if of_scope is None:
        return Affected(0, 0, (), complete=True)
    return _counted([_events(alert.project_environment_id, of_scope, start, end)])


def affected_by(alerts: Iterable[Alert], start: datetime, end: datetime) -> Affected | None:
    """The same of several alerts, which may concern the same people and events, over [start, end]. A person is told
    apart within a project. None where no rule counts events; alerts after the first MOST_ALERTS are not looked at. One
    query an alert, two of a shared one, and one of all, bounded by MOST events an environment."""
    by_place: dict[int, Q] = {}
    counting = [(alert, spec) for alert in alerts if (spec := spec_of(alert.version)) is not None and spec.counts]
    for alert, spec in counting[:MOST_ALERTS]:
        of_scope = _of_scope(alert, LoadedRule(alert.rule, alert.version, spec))
        if of_scope is not None:
            place = alert.project_environment_id
            by_place[place] = by_place[place] | of_scope if place in by_place else of_scope
    if not counting:
        return None
    complete = len(counting) <= MOST_ALERTS
    if not by_place:
        return Affected(0, 0, (), complete=complete)
    found = _counted([_events(place, of_scope, start, end) for place, of_scope in by_place.items()])
    return replace(found, complete=found.complete and complete)


def _events(place: int, of_scope: Q, start: datetime, end: datetime) -> QuerySet[Event, tuple[Any, ...]]:
    """The newest events of the environment, each with whether the scopes count it."""
    events = Event.objects.filter(
        project_environment=place,
        occurred_at__gte=start,
        occurred_at__lte=end,
        received_at__gte=start,  # no event is received before it occurred
        received_at__lt=end + RECEIVED_WITHIN,
    ).annotate(of_scope=ExpressionWrapper(of_scope, output_field=BooleanField()))
    return events.order_by("-occurred_at").values_list("project_environment", "of_scope", "user_hash", "release")[:MOST]


def _counted(places: Sequence[QuerySet[Event, tuple[Any, ...]]]) -> Affected:
    """The events of each place, counted together. One query."""
    statements, parameters = zip(*(events.query.sql_with_params() for events in places), strict=True)
    newest = " UNION ALL ".join(f"({sql})" for sql in statements)
    with connection.cursor() as cursor:
        rows = 1 + len(places) + RELEASES + 1  # the release may be unknown
        cursor.execute(COUNT.format(events=newest, rows=rows), list(chain(*parameters)))
        (_, _, count, people), *others = cursor.fetchall()
    named = tuple(release for release, _, n, _ in others if release and n)
    seen = [n for release, n, *_ in others if release is None]
    return Affected(count, people, named[:RELEASES], complete=all(n < MOST for n in seen))


def _of_scope(alert: Alert, rule: LoadedRule) -> Q | None:
    """The filter for events that the alert's scopes count; None where no series is theirs."""
    groups: Collection[str] = {alert.group_key}
    if alert.group_key == MORE:
        groups = set(alert.members.values_list("scope__group_key", flat=True))
    spec = rule.spec
    sources = [source.source for source in spec.selector.sources]
    series = Series.objects.filter(project_environment=alert.project_environment_id, source__in=sources)
    index, by_issue = index_of([rule]), spec.group_by == "issue"
    chosen = [
        stream.series_id
        for stream in streams_of(series).values()
        if any(by_issue or key.group_key in groups for key in keys_of(index, stream))
    ]
    if not chosen:
        return None
    of_scope = Q(series__in=chosen)
    if counts_events(spec):
        of_scope &= event_filter(spec.selector)
    if by_issue:
        of_scope &= Q(issue__in=[int(group) for group in groups if group.isdecimal()])
    return of_scope
