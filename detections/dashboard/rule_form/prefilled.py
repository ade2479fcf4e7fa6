"""The form of a rule filled in for a route or an issue, as fields of its address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from detections.dashboard.rule_form import own_week
from detections.dashboard.rule_form.proposal import ProposedLimits, fragment_of, levels_of, limits_from, query_of
from detections.telemetry.issues.queries import stored
from detections.telemetry.models import Event, Issue, Series
from detections.telemetry.routes import RESERVED

SAMPLE = 100  # newest events of an issue, which say where it happens
MOST_TITLE = 200


class FilledIn(NamedTuple):
    """The fields as a query string, and sentences on where they are from."""

    query: str
    says: tuple[str, ...]


class _CommonFields(NamedTuple):
    """What the newest events of an issue have in common; '' where they differ."""

    route: str
    environment: str
    exception_type: str
    message: str
    level: str


def for_route(series: Series, now: datetime) -> FilledIn:
    """For the errors of a route in its environment; `series` with project and environment. One query."""
    week = own_week.of_route(series, now)
    limits = limits_from(week.minutes, week.days)
    route = "" if series.route in RESERVED else series.route
    fields: dict[str, str | int | Sequence[str]] = {
        "title": f"Errors on {series.label}"[:MOST_TITLE],
        "project": series.project.slug,
        "environment": series.project_environment.name,
        "route": route or series.selected_by.partition("\n")[0],
        "group_by": "route",
        **_limits(limits),
    }
    says = [limits.says]
    if series.method:
        says.append(f"The rule counts {series.route or 'the route'} under every method, {series.method} among them.")
    if not fields["route"]:
        says.append("These errors have no route of their own: choose what the rule selects.")
    return FilledIn(query_of(fields), tuple(says))


def for_issue(issue: Issue, now: datetime) -> FilledIn:
    """For events like those of an issue, by issue; `issue` with its project. Three queries."""
    seen = _seen(list(stored(issue)[:SAMPLE]), issue)
    week = own_week.of_issue(issue, now)
    limits = limits_from(week.minutes, week.days)
    fields: dict[str, str | int | Sequence[str]] = {
        "title": issue.title[:MOST_TITLE],
        "project": issue.project.slug,
        "environment": seen.environment,
        "route": seen.route,
        "exception_type": seen.exception_type,
        "message_contains": seen.message,
        "levels": levels_of(seen.level),
        "group_by": "issue",
        **_limits(limits),
    }
    says = (
        limits.says,
        "A rule selects by fields of events: it counts each issue that these fields select, each by itself, this one "
        "among them.",
    )
    return FilledIn(query_of(fields), says)


def _limits(limits: ProposedLimits) -> dict[str, int]:
    return {"floor_high": limits.high, "floor_critical": limits.critical}


def _seen(events: Sequence[Event], issue: Issue) -> _CommonFields:
    routes = [event.series.read_as.route for event in events]
    text = fragment_of(issue.value)
    everywhere = text and all(text.lower() in event.message.lower() for event in events)
    return _CommonFields(
        route=_one({route for route in routes if route not in RESERVED} if all(routes) else ()),
        environment=_one({event.project_environment.name for event in events}),
        exception_type=_one({event.exception_type for event in events} or {issue.exception_type}),
        message=text if everywhere else "",
        level=_one({event.level for event in events} or {issue.level}) or issue.level,
    )


def _one(values: Collection[str]) -> str:
    """The only value; '' where there are several or none."""
    return next(iter(values)) if len(values) == 1 else ""
