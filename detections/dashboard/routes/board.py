"""Rows of routes with their counts and small drawings: for the overview's board and the list of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db.models import Q
from django.utils.safestring import SafeString

from detections.dashboard.filters import Filters
from detections.telemetry import queries
from detections.telemetry.models import Project, Series
from opsconsole.lib.charts import small

ALL = Q()
NOTHING_BURNS: Mapping[int, datetime] = MappingProxyType({})


@dataclass(frozen=True)
class RouteRow:
    """A route in one environment: how often it failed in the time, and its course."""

    series: Series
    total: int
    spark: SafeString


def counted(filters: Filters, projects: list[Project], start: datetime, end: datetime) -> list[tuple[Series, int]]:
    """Routes with errors in the time, most first. Two queries."""
    wanted = Q()
    if filters.environment:
        wanted &= Q(project_environment__name=filters.environment)
    if filters.search:
        wanted &= _matches(filters.search)
    return failing(filters.chosen(projects), start, end, wanted)


def failing(projects: list[Project], start: datetime, end: datetime, wanted: Q = ALL) -> list[tuple[Series, int]]:
    """Of these projects the routes with errors in the time, most first. Two queries."""
    totals = queries.totals([project.pk for project in projects], start, end)
    series = queries.error_series().filter(wanted, pk__in=totals)
    return sorted(((each, totals[each.pk]) for each in series), key=lambda pair: (-pair[1], pair[0].label))


def rows(
    pairs: list[tuple[Series, int]],
    start: datetime,
    end: datetime,
    step: timedelta,
    words: str,
    burning: Mapping[int, datetime] = NOTHING_BURNS,
) -> list[RouteRow]:
    """The same with their drawings; `words` is the time in words, `burning` since when a series does. One query."""
    counts: Mapping[int, list[int]] = queries.buckets([series.pk for series, _ in pairs], start, end, step)
    return [
        RouteRow(
            series,
            total,
            small.sparkline(
                counts[series.pk],
                label=f"Errors of {series.label}, {words}",
                hot_from=(burning[series.pk] - start) // step if series.pk in burning else None,
            ),
        )
        for series, total in pairs
    ]


def _matches(search: str) -> Q:
    """`POST /api` finds by method and route, anything else by the route alone."""
    method, _, path = search.partition(" ")
    found = Q(route__icontains=search)
    return found | Q(method__iexact=method, route__icontains=path) if path else found
