"""Figures of issues over all their events, or over those of an environment or a release only.

Events, first and last times come from rows that the digest keeps (IssueEnvironment, IssueRelease) and stay when events
are dropped; users of an environment, too. Users of a release, or of several environments together, are counted: users
are not kept by release, so theirs are those of the stored events.

To sort by figures of 100,000 issues, take their primary keys first (`lists.query.ListQuery.page`): only the figure that
is sorted by is then read of all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    Min,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least, TruncHour

from detections.telemetry.issues.models import IssueEnvironment, IssueUser
from detections.telemetry.models import Event, Issue, IssueHour

# An event is received at most this long after it occurred: ingest's limit of 30 days, and a day.
MAX_DELAY = timedelta(days=31)
# Issues whose users are counted to sort by them: some 30 ms. A list tells no more rows than these, too.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class FigureScope:
    """Which events count: those of these environments and of this release; empty: of any."""

    environments: tuple[str, ...] = ()
    release: str = ""

    def __bool__(self) -> bool:
        return bool(self.environments or self.release)

    @property
    def words(self) -> str:
        """`in prod`, `in release 2.4.1`, `in prod and release 2.4.1`; "" for all events."""
        places = [" or ".join(self.environments)] if self.environments else []
        release = [f"release {self.release}"] if self.release else []
        return f"in {' and '.join([*places, *release])}" if self else ""

    @property
    def of_rows(self) -> dict[str, Any]:
        """The filter of rows that have an environment, and of IssueRelease and Event."""
        places = {"project_environment__name__in": self.environments} if self.environments else {}
        return {**places, **({"release": self.release} if self.release else {})}


def with_figures(issues: QuerySet[Issue], scope: FigureScope) -> QuerySet[Issue]:
    """The issues that have events of the scope, each with its `figure_events`, `figure_users`, `figure_first` and
    `figure_last`, by which they may be sorted: without a scope by the issue's own indexes."""
    if not scope:
        return issues.annotate(
            figure_events=F("events"), figure_users=F("users"), figure_first=F("first_seen"), figure_last=F("last_seen")
        )
    return _joined(issues, scope) if len(scope.environments) == 1 else _summed(issues, scope)


def counts_users(scope: FigureScope) -> bool:
    """Whether the users of the scope are counted, issue by issue: of MOST_COUNTED at most (`with_most_users`)."""
    return bool(scope.release) or len(scope.environments) > 1


def with_most_users(issues: QuerySet[Issue], scope: FigureScope, *, fewest: bool = False) -> list[int]:
    """Of the issues, which have figures of the scope, the ids of the MOST_COUNTED that can have most users there, or
    fewest: an issue has no more of them than in its environments together, than events there, and than in all."""
    most = Sum(f"{_figures(scope)}__{'events' if scope.release else 'users'}", output_field=IntegerField())
    by = ("bound", "pk") if fewest else ("-bound", "-pk")
    found = issues.annotate(bound=Least(most, F("users"))).order_by(*by)
    return list(found.values_list("pk", flat=True)[:MOST_COUNTED])


def _figures(scope: FigureScope) -> str:
    return "in_releases" if scope.release else "in_environments"


def _joined(issues: QuerySet[Issue], scope: FigureScope) -> QuerySet[Issue]:
    """In one environment an issue has one row of figures."""
    figures = _figures(scope)
    return issues.filter(**_of_scope(scope)).annotate(
        figure_events=F(f"{figures}__events"),
        figure_first=F(f"{figures}__first_seen"),
        figure_last=F(f"{figures}__last_seen"),
        figure_users=_users(scope) if scope.release else F(f"{figures}__users"),
    )


def _summed(issues: QuerySet[Issue], scope: FigureScope) -> QuerySet[Issue]:
    """The rows are joined and grouped: a subquery of each issue would be carried out for all that are sorted."""
    figures = _figures(scope)
    return issues.filter(**_of_scope(scope)).annotate(
        figure_events=Sum(f"{figures}__events", output_field=IntegerField()),
        figure_first=Min(f"{figures}__first_seen"),
        figure_last=Max(f"{figures}__last_seen"),
        figure_users=_users(scope),
    )


def _of_scope(scope: FigureScope) -> dict[str, Any]:
    """The filter of issues by their rows of figures."""
    return {f"{_figures(scope)}__{path}": value for path, value in scope.of_rows.items()}


def _users(scope: FigureScope) -> Coalesce:
    if scope.release:
        received = {"received_at__gte": OuterRef("first_seen"), "received_at__lte": _latest()}
        users: QuerySet[Any] = Event.objects.filter(issue=OuterRef("pk"), **received, **scope.of_rows)
    else:
        users = IssueUser.objects.filter(issue=OuterRef("pk"), **scope.of_rows)
    counted = users.order_by().values("issue").annotate(n=Count("user_hash", distinct=True))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)


def users_there() -> Coalesce:
    """For a query of events: the users of each event's issue in its environment."""
    rows = IssueEnvironment.objects.filter(issue=OuterRef("issue"), project_environment=OuterRef("project_environment"))
    return Coalesce(Subquery(rows.values("users")), F("issue__users"), output_field=IntegerField())


def _latest() -> Combinable:
    return ExpressionWrapper(
        OuterRef("last_seen") + Value(MAX_DELAY, output_field=DurationField()), output_field=DateTimeField()
    )


def hourly(issue_ids: Sequence[int], scope: FigureScope, start: datetime, end: datetime) -> QuerySet[Any, Any]:
    """(issue id, start of an hour, events of the scope in it) from `start` to `end`, hours without events left out."""
    if scope.release:
        events = Event.objects.filter(
            issue__in=issue_ids, occurred_at__gte=start, occurred_at__lt=end, received_at__gte=start, **scope.of_rows
        )
        by_hour = events.annotate(hour=TruncHour("occurred_at"))
        return by_hour.values_list("issue_id", "hour").annotate(total=Count("pk")).order_by()
    rows = IssueHour.objects.filter(issue__in=issue_ids, hour__gte=start, hour__lt=end, **scope.of_rows)
    return rows.values_list("issue_id", "hour").annotate(total=Sum("n")).order_by()
