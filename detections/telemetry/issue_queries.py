"""Reads of issues and their stored events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Sum

from detections.telemetry.issue_log import IssueLog
from detections.telemetry.models import Event, Issue, IssueHour

# Tags are counted over the newest events: enough for a distribution, little enough to read at each page view.
TAG_SAMPLE = 200
# How much later than it occurred an event may be received (ingest takes nothing older), with a day's room.
LATEST = timedelta(days=31)


@dataclass(frozen=True)
class IssueEnvironment:
    """An environment that an issue was seen in, with its events there and the hour of the last."""

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
class Kept:
    """Stored events, fewer than counted once retention drops the oldest; of these, the ones with their body."""

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
    """By id, what people call an issue."""
    return dict(Issue.objects.filter(pk__in=issue_ids).values_list("pk", "title"))


def seen_in(found: QuerySet[Issue], environment: str) -> QuerySet[Issue]:
    """Of these the ones with events in the environment of that name."""
    hours = IssueHour.objects.filter(issue=OuterRef("pk"), project_environment__name=environment)
    return found.filter(Exists(hours))


def hours(issue_ids: list[int], start: datetime, end: datetime) -> dict[int, list[int]]:
    """By issue id, its events per hour from `start` (a full hour), oldest first."""
    size = -((start - end) // timedelta(hours=1))
    found = {pk: [0] * size for pk in issue_ids}
    rows = IssueHour.objects.filter(issue__in=issue_ids, hour__gte=start, hour__lt=end)
    for pk, hour, n in rows.values_list("issue_id", "hour").annotate(total=Sum("n")).order_by():
        found[pk][(hour - start) // timedelta(hours=1)] = n
    return found


def places(issue: Issue) -> list[IssueEnvironment]:
    """Where the issue was seen, most events first."""
    rows = IssueHour.objects.filter(issue=issue).values_list("project_environment__name")
    counted = rows.annotate(n=Sum("n"), last=Max("hour")).order_by("-n")
    return [IssueEnvironment(name, n, last) for name, n, last in counted]


def stored(issue: Issue) -> QuerySet[Event]:
    """An issue's stored events, newest first, without their bodies."""
    events = _events(issue).select_related("project_environment", "series")
    return events.defer("body").order_by("-occurred_at", "-pk")


def _events(issue: Issue) -> QuerySet[Event]:
    """Bounded by receipt, which names the partitions: no event comes before it occurred, or LATEST after."""
    return Event.objects.filter(
        issue=issue, received_at__gte=issue.first_seen, received_at__lte=issue.last_seen + LATEST
    )


def event_of(issue: Issue, event_id: UUID | None = None) -> Event | None:
    """One stored event of the issue: that with the id, else the newest whose body was kept, else the newest.

    In a flood most bodies are not kept, and without one there is no stack trace to see. None where there is no event.
    """
    events = stored(issue).defer(None)
    if event_id:
        return events.filter(event_id=event_id).first()
    return events.filter(body__isnull=False).first() or events.first()


def neighbours(issue: Issue, event: Event) -> Neighbours:
    """What lies before and after an event among the stored events of its issue."""
    events, at = stored(issue), event.occurred_at
    older = events.filter(Q(occurred_at__lt=at) | Q(occurred_at=at, pk__lt=event.pk)).first()
    newer = events.filter(Q(occurred_at__gt=at) | Q(occurred_at=at, pk__gt=event.pk)).last()
    return Neighbours(older, newer)


def log_of(issue: Issue, most: int = 20) -> list[IssueLog]:
    """The newest changes of its status, newest first."""
    return list(IssueLog.objects.filter(issue=issue).order_by("-id")[:most])


def tag_shares(issue: Issue, *, most: int = 5) -> tuple[list[TagShare], int]:
    """How tags are distributed over the newest events, and over how many of them."""
    sample: list[dict[str, str]] = list(stored(issue).values_list("tags", flat=True)[:TAG_SAMPLE])
    counted: dict[str, Counter[str]] = {}
    for tags in sample:
        for name, value in tags.items():
            counted.setdefault(name, Counter())[str(value)] += 1
    shares = [TagShare(name, values.total(), values.most_common(most)) for name, values in counted.items()]
    return sorted(shares, key=lambda share: (-share.events, share.name)), len(sample)


def kept(issue: Issue) -> Kept:
    """How much of the issue is stored."""
    found = _events(issue).aggregate(events=Count("pk"), bodies=Count("body"))
    return Kept(found["events"], found["bodies"])
