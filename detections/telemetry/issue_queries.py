"""Reads of issues and their stored events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchQueryField
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Cast

from detections.telemetry import issue_words
from detections.telemetry.issue_log import IssueLog
from detections.telemetry.issue_models import IssueText
from detections.telemetry.models import Event, Issue, IssueHour

# Newest events over which tags are counted: enough for a distribution, few enough to read at each page view.
TAG_SAMPLE = 200
# An event is received at most this long after it occurred: ingest's limit of 30 days, and a day.
MAX_DELAY = timedelta(days=31)


@dataclass(frozen=True)
class IssueEnvironment:
    """An environment in which an issue occurred, its events there and the hour of the last one."""

    environment: str
    events: int
    last_hour: datetime


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
    """The literal of a `tsquery`, read as it is: `issue_words` has made its words."""

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return compiler.compile(Cast(self.get_source_expressions()[-1], SearchQueryField()))


def with_text(text: str) -> Q:
    """Issues that have each word and each "quoted phrase" of the text: in title, value or culprit, there also within a
    word, or in the type, message, function or route of an event, there as whole words; the last one may go on.
    """
    found = Q()
    for term, goes_on in issue_words.terms(text.replace("\0", " ")):
        shown = Q(title__icontains=term) | Q(culprit__icontains=term) | Q(value__icontains=term)
        words = issue_words.phrase(term, prefix=goes_on)
        told = IssueText.objects.filter(words=_Literal(words, search_type="raw")).values("issue")
        found &= shown | Q(pk__in=told) if words else shown
    return found


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
    hours = IssueHour.objects.filter(issue=OuterRef("pk"), project_environment__name=environment)
    return issues.filter(Exists(hours))


def hours(issue_ids: list[int], start: datetime, end: datetime) -> dict[int, list[int]]:
    """By issue id, its events per hour from `start` (a full hour), oldest first."""
    size = -((start - end) // timedelta(hours=1))
    counts = {pk: [0] * size for pk in issue_ids}
    rows = IssueHour.objects.filter(issue__in=issue_ids, hour__gte=start, hour__lt=end)
    for pk, hour, n in rows.values_list("issue_id", "hour").annotate(total=Sum("n")).order_by():
        counts[pk][(hour - start) // timedelta(hours=1)] = n
    return counts


def environments_of(issue: Issue) -> list[IssueEnvironment]:
    """The environments in which the issue occurred, most events first."""
    rows = IssueHour.objects.filter(issue=issue).values_list("project_environment__name")
    counted = rows.annotate(n=Sum("n"), last=Max("hour")).order_by("-n")
    return [IssueEnvironment(name, n, last) for name, n, last in counted]


def stored(issue: Issue) -> QuerySet[Event]:
    """An issue's stored events, newest first, without their bodies."""
    events = _events(issue).select_related("project_environment", "series")
    return events.defer("body").order_by("-occurred_at", "-pk")


def _events(issue: Issue) -> QuerySet[Event]:
    """Bounded by time of receipt, which selects the partitions: between occurrence and MAX_DELAY after it."""
    return Event.objects.filter(
        issue=issue, received_at__gte=issue.first_seen, received_at__lte=issue.last_seen + MAX_DELAY
    )


def event_of(issue: Issue, event_id: UUID | None = None) -> Event | None:
    """The stored event with the id, or without an id the newest one, preferably with a body; None where there is none.

    In a flood most bodies are not stored, and without a body the page has no stack trace.
    """
    events = stored(issue).defer(None)
    if event_id:
        return events.filter(event_id=event_id).first()
    return events.filter(body__isnull=False).first() or events.first()


def neighbours(issue: Issue, event: Event) -> Neighbours:
    """The stored events of the issue before and after an event."""
    events, at = stored(issue), event.occurred_at
    older = events.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, pk__lt=event.pk)).first()
    newer = events.filter(Q(occurred_at__gt=at) | Q(occurred_at=at, pk__gt=event.pk)).last()
    return Neighbours(older, newer)


def log_of(issue: Issue, most: int = 20) -> list[IssueLog]:
    """The newest changes of its status, newest first."""
    return list(IssueLog.objects.filter(issue=issue).order_by("-id")[:most])


def tag_shares(issue: Issue, *, most: int = 5) -> tuple[list[TagShare], int]:
    """The distribution of tags over the newest events, and the number of those events."""
    sample: list[dict[str, str]] = list(stored(issue).values_list("tags", flat=True)[:TAG_SAMPLE])
    counted: dict[str, Counter[str]] = {}
    for tags in sample:
        for name, value in tags.items():
            counted.setdefault(name, Counter())[str(value)] += 1
    shares = [TagShare(name, values.total(), values.most_common(most)) for name, values in counted.items()]
    return sorted(shares, key=lambda share: (-share.events, share.name)), len(sample)


def stored_counts(issue: Issue) -> StoredCounts:
    """How many events of the issue are stored."""
    row = _events(issue).aggregate(events=Count("pk"), bodies=Count("body"))
    return StoredCounts(row["events"], row["bodies"])
