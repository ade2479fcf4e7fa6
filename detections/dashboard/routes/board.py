"""Rows of routes with counts and sparklines, for the overview and the list of routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db.models import Q
from django.utils.safestring import SafeString

from detections.dashboard.filters import RouteCriteria
from detections.telemetry import queries
from detections.telemetry.models import Project, Series
from detections.telemetry.search.of_rows import route_matches
from opsconsole.lib.charts import small

ALL = Q()
NOTHING_BURNS: Mapping[int, datetime] = MappingProxyType({})


@dataclass(frozen=True)
class RouteRow:
    """A route in one environment: its errors in a time span, in total and as a sparkline."""

    series: Series
    total: int
    spark: SafeString


def counted(
    filters: RouteCriteria, projects: list[Project], start: datetime, end: datetime, wanted: Q = ALL
) -> list[tuple[Series, int]]:
    """The routes that the filters and `wanted` let through and their errors from `start` to `end`, most first. Three
    queries."""
    if filters.environment:
        wanted &= Q(project_environment__name=filters.environment)
    if filters.search:
        wanted &= route_matches(filters.search)
    return failing(filters.chosen(projects), start, end, wanted)


def failing(projects: list[Project], start: datetime, end: datetime, wanted: Q = ALL) -> list[tuple[Series, int]]:
    """The routes of these projects and their errors from `start` to `end`, most first. Three queries."""
    totals = queries.totals([project.pk for project in projects], start, end)
    series = queries.placed(Series.objects.filter(wanted, kind=Series.Kind.ERROR, pk__in=totals))
    return sorted(((each, totals[each.pk]) for each in series), key=lambda pair: (-pair[1], pair[0].label))


def rows(
    pairs: list[tuple[Series, int]],
    start: datetime,
    end: datetime,
    step: timedelta,
    words: str,
    burning: Mapping[int, datetime] = NOTHING_BURNS,
) -> list[RouteRow]:
    """Rows for the pairs, with sparklines in buckets of `step`. One query.

    `words` is the time span in words; `burning` is by series id since when it burns.
    """
    counts: Mapping[int, list[int]] = queries.buckets([series.pk for series, _ in pairs], start, end, step)
    return [
        RouteRow(
            series,
            total,
            small.sparkline(
                counts[series.pk],
                label=f"Errors of {series.label}, {words}",
                width=96,
                hot_from=max(0, (burning[series.pk] - start) // step) if series.pk in burning else None,
            ),
        )
        for series, total in pairs
    ]
