"""What the page of one issue shows beside its list of events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from detections.dashboard.issues.event import Shown, show
from detections.telemetry import bodies, issue_queries
from detections.telemetry.issue_log import IssueLog
from detections.telemetry.issues import MAX_USERS
from detections.telemetry.models import Event, Issue
from opsconsole.lib.charts import small
from opsconsole.lib.clock import floor_hour


@dataclass(frozen=True)
class About:
    """The issue's course and where it was seen."""

    spark: SafeString
    users: str
    places: list[issue_queries.IssueEnvironment]
    tags: list[issue_queries.TagShare]
    tag_sample: int
    kept: issue_queries.StoredCounts
    reasons: list[tuple[str, str]]
    log: list[IssueLog]


@dataclass(frozen=True)
class EventPage:
    """One event opened. `parts` is None where its body was not kept or cannot be read; `problem` says why."""

    event: Event
    parts: Shown | None
    problem: str
    neighbours: issue_queries.Neighbours


def about(issue: Issue, now: datetime) -> About:
    """Five queries."""
    end = floor_hour(now) + timedelta(hours=1)
    counts = issue_queries.hours([issue.pk], end - timedelta(hours=24), end)[issue.pk]
    tags, sample = issue_queries.tag_shares(issue)
    return About(
        spark=small.sparkline(counts, label="Events per hour, last 24 h", width=120, height=32),
        users=f"{issue.users:,}" + ("+" if issue.users >= MAX_USERS else ""),
        places=issue_queries.environments_of(issue),
        tags=tags,
        tag_sample=sample,
        kept=issue_queries.stored_counts(issue),
        reasons=_reasons(issue),
        log=issue_queries.log_of(issue),
    )


def event_page(issue: Issue, event: Event) -> EventPage:
    """Two queries, for the events before and after."""
    parts, problem = None, ""
    try:
        body = bodies.unpack(event.body)
        parts = show(body) if body is not None else None
        problem = "" if parts else "The body of this event was not kept: its issue was flooding. It is counted."
    except ValueError as error:
        problem = str(error)
    return EventPage(event, parts, problem, issue_queries.neighbours(issue, event))


def _reasons(issue: Issue) -> list[tuple[str, str]]:
    """Why the events are one issue, as (what, value), in the words that grouping stored."""
    grouping = issue.grouping if isinstance(issue.grouping, dict) else {}
    return [
        (str(name).replace("_", " "), "\n".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in grouping.items()
        if value not in (None, "", [], {})
    ]
