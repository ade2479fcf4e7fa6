"""The page of one issue: its summary, and one of its events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from detections.dashboard.issues.event import EventParts, event_parts
from detections.telemetry import bodies
from detections.telemetry.issues import queries
from detections.telemetry.issues.figures import users_in_words
from detections.telemetry.issues.log import IssueLog
from detections.telemetry.issues.models import IssueEnvironment
from detections.telemetry.issues.scope import FigureScope
from detections.telemetry.models import Event, Issue
from opsconsole.lib.charts import small


@dataclass(frozen=True)
class IssueSummary:
    """An issue in figures: events per hour, users, environments, tags, stored events, grouping and log.

    `heading` and `lead` are its type and value; where it is titled otherwise, as by the function that crashed, the
    title, and type and value together.
    """

    heading: str
    lead: str
    spark: SafeString
    users: str
    environments: list[IssueEnvironment]
    tags: list[queries.TagShare]
    tag_sample: int
    stored: queries.StoredCounts
    grouping: list[tuple[str, str]]
    log: list[IssueLog]


@dataclass(frozen=True)
class EventPage:
    """One event with its neighbours. `parts` is None where its body is not stored or unreadable; `problem` says why."""

    event: Event
    parts: EventParts | None
    problem: str
    neighbours: queries.Neighbours


def issue_summary(issue: Issue, now: datetime, scope: FigureScope = queries.EVERYTHING) -> IssueSummary:
    """The summary as of `now` of an issue with figures of the scope. Five queries."""
    counts = queries.hours([issue.pk], *queries.last_day(now), scope)[issue.pk]
    tags, sample = queries.tag_shares(issue, scope)
    heading, lead = _heading(issue)
    return IssueSummary(
        heading=heading,
        lead=lead,
        spark=small.sparkline(counts, label="Events per hour, last 24 h", width=120, height=32),
        users=users_in_words(issue.figure_users),  # type: ignore[attr-defined]  # with_figures
        environments=queries.environments_of(issue),
        tags=tags,
        tag_sample=sample,
        stored=queries.stored_counts(issue, scope),
        grouping=_grouping_facts(issue),
        log=queries.log_of(issue),
    )


def _heading(issue: Issue) -> tuple[str, str]:
    kind = issue.exception_type
    if not kind:
        return issue.title, ""
    if issue.title.startswith(kind):
        return kind, issue.value
    return issue.title, f"{kind}: {issue.value}" if issue.value else kind


def event_page(issue: Issue, event: Event, scope: FigureScope = queries.EVERYTHING) -> EventPage:
    """The event with the stored events of the scope before and after it. Two queries."""
    parts, problem = None, ""
    try:
        body = bodies.unpack(event.body)
        parts = event_parts(body) if body is not None else None
        problem = "" if parts else "The body of this event was not kept: its issue was flooding. It is counted."
    except ValueError as error:
        problem = str(error)
    return EventPage(event, parts, problem, queries.neighbours(issue, event, scope))


def _grouping_facts(issue: Issue) -> list[tuple[str, str]]:
    """Why the events are one issue: (name, value) of what the grouping stored."""
    grouping = issue.grouping if isinstance(issue.grouping, dict) else {}
    return [
        (str(name).replace("_", " "), "\n".join(map(str, value)) if isinstance(value, list) else str(value))
        for name, value in grouping.items()
        if value not in (None, "", [], {})
    ]
