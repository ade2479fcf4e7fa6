"""Routes and issues over the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from django.conf import settings
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from detections.telemetry import queries
from detections.telemetry.issues import queries as issue_queries
from detections.telemetry.issues.scope import FigureScope, with_figures
from detections.telemetry.models import Issue, Series
from detections.telemetry.search.language import MAX_LENGTH
from detections.telemetry.search.of_issues import search_issues
from detections.telemetry.search.of_rows import search_routes
from detections.telemetry.search.translate import Search
from opsconsole.lib import clock
from opsconsole.lib.clock import MINUTE, floor_minute
from opsconsole.lib.web.api_schemas import Page, Paged, Problem, Text
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

SearchText = Annotated[str, Field(max_length=MAX_LENGTH)]

routes = Router(tags=["routes"])
issues = Router(tags=["issues"])
# Shorter than an hour, so that counts come from minutes and the last hour ends now, not at the full hour.
STEP = timedelta(minutes=30)
DAY = timedelta(hours=24)


class RouteOut(Schema):
    """Errors of one route, from one source, in one environment."""

    id: int
    project: str
    environment: str
    method: str
    route: str = Field(description="Normalised path pattern; empty: errors without a route.")
    source: str
    last_hour: int = Field(description="Errors in the last 60 minutes, the running one included.")
    last_24h: int
    first_seen: datetime
    last_seen: datetime
    url: str


class RouteFilters(Paged):
    q: SearchText = Field("", description="Search, as the list of routes takes it (docs/search.md).")
    project: Text = Field("", description="Slug.")
    environment: Text = ""
    source: Text = ""


class IssueOut(Schema):
    """A group of events with one fingerprint."""

    id: int
    title: str
    project: str
    status: Literal["unresolved", "resolved", "ignored"]
    level: str
    culprit: str
    events: int = Field(description="Of the environment and release that `q` demands, as all figures; else of all.")
    users: int = Field(description="Distinct users, exact up to 10,000.")
    first_seen: datetime
    last_seen: datetime
    url: str


class IssueFilters(Paged):
    q: SearchText = Field("", description="Search, as the list of issues takes it (docs/search.md).")
    project: Text = Field("", description="Slug.")
    status: Literal["", "unresolved", "resolved", "ignored"] = ""


@routes.get("/", response={200: Page[RouteOut], 422: Problem}, url_name="routes", summary="List routes with counts")
def list_routes(request: HttpRequest, filters: Query[RouteFilters]) -> dict[str, Any]:
    named = {"project": "project__slug", "environment": "project_environment__name", "source": "source"}
    asked = {field: value for name, field in named.items() if (value := getattr(filters, name))}
    searched = _understood(search_routes(filters.q, clock.now()))
    rows = queries.error_series().filter(searched, **asked)
    found, following = page(request, rows, (("id", int),), descending=False)
    end = floor_minute(clock.now()) + MINUTE
    counts = queries.buckets([series.pk for series in found], end - DAY, end, STEP)
    return {"items": [_route(series, counts[series.pk]) for series in found], "next": following}


@issues.get("/", response={200: Page[IssueOut], 422: Problem}, url_name="issues", summary="List issues, newest first")
def list_issues(request: HttpRequest, filters: Query[IssueFilters]) -> dict[str, Any]:
    """Ordered by when they were first seen, which does not change between pages."""
    named = {"project": "project__slug", "status": "status"}
    asked = {field: value for name, field in named.items() if (value := getattr(filters, name))}
    search = search_issues(filters.q, clock.now())
    searched = _understood(search)
    rows = with_figures(issue_queries.issues(), FigureScope(search.environments, search.release))
    found, following = page(request, rows.filter(searched, **asked), (("id", int),))
    return {"items": [_issue(issue) for issue in found], "next": following}


def _understood(search: Search) -> Q:
    """The condition of a search. Raises ProblemError 422 with all that is wrong with it."""
    if search.problems:
        errors = [{"field": "query.q", "message": problem} for problem in search.problems]
        raise ProblemError(422, f"q: {' '.join(search.problems)}", errors=errors)
    return search.condition


def _route(series: Series, counts: list[int]) -> dict[str, Any]:
    plain = ("id", "method", "route", "source", "first_seen", "last_seen")
    return {
        "project": series.project.slug,
        "environment": series.project_environment.name,
        "last_hour": sum(counts[-2:]),
        "last_24h": sum(counts),
        "url": settings.PUBLIC_URL + reverse("route", args=[series.pk]),
        **{name: getattr(series, name) for name in plain},
    }


def _issue(issue: Issue) -> dict[str, Any]:
    """Of an issue with figures."""
    plain = ("id", "title", "status", "level", "culprit")
    figures = {"events": "events", "users": "users", "first_seen": "first", "last_seen": "last"}
    return {
        "project": issue.project.slug,
        "url": settings.PUBLIC_URL + reverse("issue", args=[issue.pk]),
        **{name: getattr(issue, name) for name in plain},
        **{name: getattr(issue, f"figure_{figure}") for name, figure in figures.items()},
    }
