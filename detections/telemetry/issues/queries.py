"""Reads of issues and their stored events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchQueryField
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from detections.telemetry.issues import words as issue_words
from detections.telemetry.issues.log import IssueLog
from detections.telemetry.issues.models import IssueEnvironment, IssueText
from detections.telemetry.issues.scope import MAX_DELAY, FigureScope, hourly
from detections.telemetry.models import Event, Issue
from opsconsole.lib.clock import floor_hour

# Newest events over which tags are counted: enough for a distribution, few enough to read at each page view.
TAG_SAMPLE = 200
EVERYTHING = FigureScope()


@dataclass(frozen=True)
class TagShare:
    """A tag's values, most frequent first, as (value, events), with the number of events that carry the tag."""

    name: str
    events: int
    values: list[tuple[str, int]]


@dataclass(frozen=True)
class StoredCounts:
    """Numbers of stored events (fewer than counted once retention has dropped some) and of those with a body."""

    events: int
    bodies: int


@dataclass(frozen=True)
class Neighbours:
    """The stored events before and after one, by time."""

    older: Event | None
    newer: Event | None


def issues() -> QuerySet[Issue]:
    """All issues with their project, last seen first."""
    return Issue.objects.select_related("project").order_by("-last_seen", "-pk")


def titles(issue_ids: Collection[int]) -> dict[int, str]:
    """By id, the title of an issue."""
    return dict(Issue.objects.filter(pk__in=issue_ids).values_list("pk", "title"))


class _Literal(SearchQuery):
    """The literal of a `tsquery`, read as it is: `words` has made its words."""

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        sql, params = compiler.compile(Cast(self.get_source_expressions()[-1], SearchQueryField()))
        return sql, params


def with_text(text: str, since: datetime | None = None) -> Q:
    """Issues that have each word and each "quoted phrase" of the text: in title, value or culprit, there also within a
    word where the issue was seen `since`, or in the type, message, function or route of an event, there as whole words;
    the last one may go on.
    """
    found, bound = Q(), seen_since(since)
    for term, goes_on in issue_words.terms(text.replace("\0", " ")):
        shown = bound & (Q(title__icontains=term) | Q(culprit__icontains=term) | Q(value__icontains=term))
        words = issue_words.phrase(term, prefix=goes_on)
        told = IssueText.objects.filter(words=_Literal(words, search_type="raw")).values("issue")
        found &= shown | Q(pk__in=told) if words else shown
    return found


def seen_since(since: datetime | None) -> Q:
    """Issues that were seen since then; all for None."""
    return Q(last_seen__gte=since) if since else Q()


def with_words(text: str) -> Q:
    """Issues with an event that has the words of the text side by side in its type, message, function or route."""
    words = issue_words.phrase(text)
    found = IssueText.objects.filter(words=_Literal(words, search_type="raw")).values("issue")
    return Q(pk__in=found if words else [])


def of_event(event_id: str) -> Q:
    """The issues of the stored events with the id: 32 hexadecimal digits, with dashes or without. Others match none."""
    try:
        asked = UUID(event_id)
    except ValueError:
        return Q(pk__in=[])
    return Q(pk__in=Event.objects.filter(event_id=asked).values("issue"))


def seen_in(issues: QuerySet[Issue], environment: str) -> QuerySet[Issue]:
    """Those of the issues with events in the environment of that name."""
    there = IssueEnvironment.objects.filter(issue=OuterRef("pk"), project_environment__name=environment)
    return issues.filter(Exists(there))


def last_day(now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the 24 hours that pages call the last day: the running hour and the 23 before it."""
    end = floor_hour(now) + timedelta(hours=1)
    return end - timedelta(hours=24), end


def hours(
    issue_ids: list[int], start: datetime, end: datetime, scope: FigureScope = EVERYTHING
) -> dict[int, list[int]]:
    """By issue id, its events of the scope per hour from `start` (a full hour), oldest first."""
    size = -((start - end) // timedelta(hours=1))
    counts = {pk: [0] * size for pk in issue_ids}
    for pk, hour, n in hourly(issue_ids, scope, start, end):
        counts[pk][(hour - start) // timedelta(hours=1)] = n
    return counts


def environments_of(issue: Issue) -> list[IssueEnvironment]:
    """Its figures in the environments in which it occurred, most events first."""
    rows = IssueEnvironment.objects.filter(issue=issue).select_related("project_environment")
    return list(rows.order_by("-events", "project_environment__name"))


def stored(issue: Issue, scope: FigureScope = EVERYTHING) -> QuerySet[Event]:
    """An issue's stored events of the scope, newest first, without their bodies."""
    events = _events(issue, scope).select_related("project_environment", "series__canonical")
    return events.defer("body").order_by("-occurred_at", "-pk")


def _events(issue: Issue, scope: FigureScope) -> QuerySet[Event]:
    """Bounded by time of receipt, which selects the partitions: between occurrence and MAX_DELAY after it."""
    return Event.objects.filter(
        issue=issue, received_at__gte=issue.first_seen, received_at__lte=issue.last_seen + MAX_DELAY, **scope.of_rows
    )


def event_of(issue: Issue, event_id: UUID | None = None, scope: FigureScope = EVERYTHING) -> Event | None:
    """The stored event with the id, or without an id the newest one of the scope, preferably with a body; None where
    there is none.

    In a flood most bodies are not stored, and without a body the page has no stack trace.
    """
    if event_id:
        return stored(issue).defer(None).filter(event_id=event_id).first()
    events = stored(issue, scope).defer(None)
    return events.filter(body__isnull=False).first() or events.first()


def neighbours(issue: Issue, event: Event, scope: FigureScope = EVERYTHING) -> Neighbours:
    """The stored events of the issue and scope before and after an event."""
    events, at = stored(issue, scope), event.occurred_at
    older = events.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, pk__lt=event.pk)).first()
    newer = events.filter(Q(occurred_at__gt=at) | Q(occurred_at=at, pk__gt=event.pk)).last()
    return Neighbours(older, newer)


def log_of(issue: Issue, most: int = 20) -> list[IssueLog]:
    """The newest changes of its status, newest first."""
    return list(IssueLog.objects.filter(issue=issue).order_by("-id")[:most])


def tag_shares(issue: Issue, scope: FigureScope = EVERYTHING, *, most: int = 5) -> tuple[list[TagShare], int]:
    """The distribution of tags over the newest events of the scope, and the number of those events."""
    sample: list[dict[str, str]] = list(stored(issue, scope).values_list("tags", flat=True)[:TAG_SAMPLE])
    counted: dict[str, Counter[str]] = {}
    for tags in sample:
        for name, value in tags.items():
            counted.setdefault(name, Counter())[str(value)] += 1
    shares = [TagShare(name, values.total(), values.most_common(most)) for name, values in counted.items()]
    return sorted(shares, key=lambda share: (-share.events, share.name)), len(sample)


def stored_counts(issue: Issue, scope: FigureScope = EVERYTHING) -> StoredCounts:
    """How many events of the issue and scope are stored."""
    row = _events(issue, scope).aggregate(events=Count("pk"), bodies=Count("body"))
    return StoredCounts(row["events"], row["bodies"])
