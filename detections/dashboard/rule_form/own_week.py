"""The counts of a route's or an issue's own last week, by minute, from which limits are proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings
from django.db.models import Count
from django.db.models.functions import TruncMinute
from numpy.typing import NDArray

from detections.rules.counting.minute_offsets import minutes_after
from detections.telemetry import queries
from detections.telemetry.models import Event, Issue, IssueHour, Series
from opsconsole.lib.clock import MINUTE, floor_hour, floor_minute

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
# Events of an issue are counted one by one: of a flooding issue only so many, the newest whole hours.
MOST_EVENTS = 100_000


@dataclass(frozen=True)
class OwnWeek:
    """Counts per minute, oldest first, and how many days they are of."""

    minutes: NDArray[np.int64]
    days: float


def of_route(series: Series, now: datetime) -> OwnWeek:
    """The counts of a route since it was first seen, at most of a week. One query."""
    kept = now - timedelta(days=settings.RETENTION_MINUTES_DAYS)
    start, end = floor_minute(max(now - WEEK, series.first_seen, kept)), floor_minute(now) + MINUTE
    line = queries.buckets([series.pk], start, end, MINUTE)[series.pk]
    return OwnWeek(np.asarray(line, dtype=np.int64), _days(start, now))


def of_issue(issue: Issue, now: datetime) -> OwnWeek:
    """The counts of an issue from its stored events, of as many of the last hours as have MOST_EVENTS. Two queries."""
    kept = now - timedelta(days=settings.RETENTION_EVENTS_DAYS)
    start = floor_minute(max(_bounded(issue, now - WEEK, now), issue.first_seen, kept))
    size = (floor_minute(now) - start) // MINUTE + 1
    events = Event.objects.filter(issue=issue, occurred_at__gte=start, occurred_at__lte=now, received_at__gte=start)
    binned = events.values(offset=minutes_after(start, TruncMinute("occurred_at"))).annotate(n=Count("pk"))
    line = np.zeros(size, dtype=np.int64)
    for offset, n in binned.values_list("offset", "n").order_by():
        line[offset] = n
    return OwnWeek(line, _days(start, now))


def _bounded(issue: Issue, start: datetime, now: datetime) -> datetime:
    """The start of the newest hours that together have no more than MOST_EVENTS; where the newest has
    more, its own."""
    hours = IssueHour.objects.filter(issue=issue, hour__gte=floor_hour(start), hour__lte=now).order_by("-hour")
    total, since = 0, None
    for hour, n in hours.values_list("hour", "n"):
        total += n
        if total > MOST_EVENTS:
            return since or hour
        since = hour
    return start


def _days(start: datetime, end: datetime) -> float:
    return (end - start) / timedelta(days=1)
