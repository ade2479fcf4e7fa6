"""Queries: counts of routes over time, coverage, and issues, types and releases of a route's errors."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import connection
from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    F,
    Func,
    Max,
    Model,
    Prefetch,
    Q,
    QuerySet,
    Sum,
    Value,
)
from django.db.models.functions import Coalesce, TruncHour

from detections.telemetry.count_models import Coverage, HourCount, MinuteCount
from detections.telemetry.models import Event, Issue, Project, ProjectEnvironment, Series

Counts = TypeVar("Counts", bound=Model)

# Linked series are joined after the sum: there are few, and many counts.
_TOTALS = """
SELECT coalesce(linked.canonical_id, counted.series_id), sum(counted.n)::bigint FROM ({}) AS counted
LEFT JOIN detections_series AS linked ON linked.id = counted.series_id AND linked.canonical_id IS NOT NULL
GROUP BY 1
"""
TOTALS_BY_MINUTE = _TOTALS.format("""
    SELECT series_id, sum(n) AS n FROM detections_minutecount
    WHERE project_id = ANY(%s) AND minute >= %s AND minute < %s GROUP BY series_id
""")
TOTALS_BY_HOUR = _TOTALS.format("""
    SELECT series_id, sum(n) AS n FROM detections_hourcount JOIN detections_series AS series ON series.id = series_id
    WHERE series.project_id = ANY(%s) AND hour >= %s AND hour < %s GROUP BY series_id
""")

# Longest span that is read by minute: a day has 1,440 rows per series, ninety days would have 130,000.
MINUTES_UP_TO = timedelta(hours=24)
HOUR = timedelta(hours=1)
# Ingest writes heartbeats with a delay: minutes newer than this are not yet marked as covered, and are no gap.
HEARTBEAT_LAG = timedelta(minutes=2)


@dataclass(frozen=True)
class Share:
    """A value and the number of a route's errors that have it."""

    value: str
    events: int


@dataclass(frozen=True)
class RouteEvents:
    """A route's errors in a time span: events, users, issues with their events, exception types and releases."""

    events: int
    users: int
    issues: list[tuple[Issue, int]]
    types: list[Share]
    releases: list[Share]


def projects() -> list[Project]:
    """All projects by name."""
    return list(Project.objects.all())


def environment_names() -> list[str]:
    """The names of environments that have sent events, each once."""
    sending = ProjectEnvironment.objects.filter(last_event_at__isnull=False)
    return list(sending.order_by("name").values_list("name", flat=True).distinct())


def all_error_series() -> QuerySet[Series]:
    """Error series with their project and environment, also those that are read as another one."""
    return Series.objects.filter(kind=Series.Kind.ERROR).select_related("project", "project_environment__environment")


def error_series() -> QuerySet[Series]:
    """Error series with their project and environment, each as it is read."""
    return all_error_series().filter(canonical=None)


def members(series_ids: Collection[int]) -> QuerySet[Series, Any]:
    """The ids of these series and of those that are read as one of them, for `series__in`."""
    return Series.objects.filter(Q(pk__in=series_ids) | Q(canonical__in=series_ids)).values("pk")


def placed(rows: QuerySet[Series]) -> list[Series]:
    """These series with their project and environment, of which there are few: each is read once. Two queries.

    Only when they were seen last is read of their times: of hundreds of rows these take as long as all else."""
    places = ProjectEnvironment.objects.select_related("project", "environment__system")
    found = list(rows.defer("first_seen", "placed_at").prefetch_related(Prefetch("project_environment", places)))
    for series in found:
        series.project = series.project_environment.project
    return found


def totals(project_ids: Collection[int], start: datetime, end: datetime) -> dict[int, int]:
    """By series id, the count from `start` to `end` (by whole hours for more than MINUTES_UP_TO), with that of the
    series that are read as it."""
    statement = TOTALS_BY_HOUR if end - start > MINUTES_UP_TO else TOTALS_BY_MINUTE
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(project_ids), start, end])
        return dict(cursor.fetchall())


def buckets(series_ids: Collection[int], start: datetime, end: datetime, step: timedelta) -> dict[int, list[int]]:
    """By series id, its counts in buckets of `step` from `start`, oldest first, with those of the series that are read
    as it; 0 where there are no events.

    Steps of an hour and more are read from hour counts: then `start` must be a full hour and `step` whole hours.
    """
    size = -((start - end) // step)
    counts = {pk: [0] * size for pk in series_ids}
    rows: QuerySet[HourCount] | QuerySet[MinuteCount]
    if step >= HOUR:
        rows, at = HourCount.objects.filter(series__in=members(series_ids), hour__gte=start, hour__lt=end), "hour"
    else:
        in_time = MinuteCount.objects.filter(minute__gte=start, minute__lt=end)
        rows, at = in_time.filter(series__in=members(series_ids)), "minute"
    binned = _as_read(rows).annotate(bucket=_bin(at, start, step)).values_list("read_as", "bucket")
    for pk, bucket, n in binned.annotate(total=Sum("n")).order_by():
        counts[pk][(bucket - start) // step] += n
    return counts


def covered(source: str, project_id: int | None, start: datetime, end: datetime, step: timedelta) -> list[bool]:
    """Per bucket of `step`, whether ingest of the source was up in a minute of it: only then no events means zero.

    `project_id` None: of any project."""
    rows = Coverage.objects.filter(source=source, minute__gte=start, minute__lt=end)
    rows = rows.filter(Q(project__isnull=True) | Q(project=project_id)) if project_id else rows
    seen = set(rows.annotate(bucket=_bin("minute", start, step)).values_list("bucket", flat=True).distinct().order_by())
    return [start + step * index in seen for index in range(-((start - end) // step))]


def siblings(series: Series) -> list[Series]:
    """The series of the same route in all environments and sources of the project, this one included."""
    same = error_series().filter(
        project=series.project_id, method=series.method, route=series.route, url_path=series.url_path
    )
    return list(same.order_by("project_environment__name", "source"))


def route_events(series_ids: Collection[int], environment_id: int, since: datetime, *, most: int = 8) -> RouteEvents:
    """Issues, exception types, releases and users of the errors of these series, most frequent first, at most `most`.

    Four queries. `environment_id` is their project environment, by which events are indexed together with their time.
    """
    events = Event.objects.filter(
        project_environment=environment_id,
        series__in=members(series_ids),
        occurred_at__gte=since,
        received_at__gte=since,
    ).order_by()
    whole = events.aggregate(n=Count("pk"), users=Count("user_hash", distinct=True))
    by_issue = dict(events.values_list("issue_id").annotate(n=Count("pk")).order_by("-n")[:most])
    issues = Issue.objects.in_bulk(by_issue)
    return RouteEvents(
        events=whole["n"],
        users=whole["users"],
        issues=[(issues[pk], n) for pk, n in by_issue.items() if pk in issues],
        types=_shares(events, "exception_type", most),
        releases=_shares(events, "release", most),
    )


def silent_environments(now: datetime, *, quiet_for: timedelta) -> QuerySet[ProjectEnvironment]:
    """Environments of enabled projects that have sent events, but none for `quiet_for`; longest silent first."""
    sending = ProjectEnvironment.objects.filter(project__enabled=True, last_event_at__lt=now - quiet_for)
    return sending.select_related("project", "environment__system").order_by("last_event_at", "pk")


def newest_event_at() -> datetime | None:
    """The time of the newest event (from `ProjectEnvironment.last_event_at`); None without events."""
    newest: datetime | None = ProjectEnvironment.objects.aggregate(at=Max("last_event_at"))["at"]
    return newest


def hourly_totals(start: datetime, end: datetime) -> dict[datetime, int]:
    """By hour, the errors of all projects."""
    rows = HourCount.objects.filter(series__kind=Series.Kind.ERROR, hour__gte=start, hour__lt=end)
    return dict(rows.annotate(at=TruncHour("hour")).values_list("at").annotate(total=Sum("n")).order_by())


def _shares(events: QuerySet[Event], name: str, most: int) -> list[Share]:
    rows: Iterable[tuple[str, int]] = events.values_list(name).annotate(n=Count("pk")).order_by("-n", name)[:most]
    return [Share(value, n) for value, n in rows]


def _as_read(rows: QuerySet[Counts]) -> QuerySet[Counts]:
    """The counts with `read_as`, the id of the series as which theirs is read."""
    found: QuerySet[Counts] = rows.annotate(read_as=Coalesce("series__canonical_id", "series_id"))
    return found


def _bin(name: str, start: datetime, step: timedelta) -> Func:
    """PostgreSQL's date_bin: the start of the bucket of a time."""
    stride = Value(step, output_field=DurationField())
    origin = Value(start, output_field=DateTimeField())
    return Func(stride, F(name), origin, function="date_bin", output_field=DateTimeField())
