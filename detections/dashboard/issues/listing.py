"""The list of issues: filters applied, rows with their last day's course."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils.safestring import SafeString

from detections.dashboard.filters import Filters
from detections.dashboard.issues.search import Search
from detections.telemetry import issue_queries
from detections.telemetry.models import Issue
from opsconsole.lib.charts import small
from opsconsole.lib.clock import floor_hour

SORTS = {
    "last": ("Last seen", "-last_seen"),
    "first": ("First seen", "-first_seen"),
    "events": ("Events", "-events"),
    "users": ("Users", "-users"),
}


@dataclass(frozen=True)
class IssueRow:
    """An issue and its events per hour of the last day."""

    issue: Issue
    spark: SafeString


def matching(filters: Filters, search: Search, sort: str) -> QuerySet[Issue]:
    """The issues that the filters and the search let through, in the chosen order (unknown: last seen)."""
    found = issue_queries.issues()
    exact = {
        "project__slug": search.project or filters.project,
        "status": search.status,
        "level": search.level,
        "exception_type__iexact": search.type,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if search.triage:
        found = found.filter(needs_triage=True)
    if search.release:
        found = found.filter(Q(first_release=search.release) | Q(last_release=search.release))
    for word in search.text:
        found = found.filter(Q(title__icontains=word) | Q(culprit__icontains=word) | Q(value__icontains=word))
    if environment := search.environment or filters.environment:
        found = issue_queries.seen_in(found, environment)
    return found.order_by(SORTS.get(sort, SORTS["last"])[1], "-pk")


def rows(issues: list[Issue], now: datetime) -> list[IssueRow]:
    """The issues with their drawings. One query."""
    end = floor_hour(now) + timedelta(hours=1)
    counts = issue_queries.hours([issue.pk for issue in issues], end - timedelta(hours=24), end)
    words = "Events per hour, last 24 h"
    return [IssueRow(issue, small.sparkline(counts[issue.pk], label=words, width=96)) for issue in issues]
