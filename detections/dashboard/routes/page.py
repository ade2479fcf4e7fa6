"""What the page of one route shows: its chart over a range, and what stands behind its errors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.dashboard.ranges import Range
from detections.telemetry import queries
from detections.telemetry.models import Series
from opsconsole.lib.chart import TimeChart
from opsconsole.lib.chart_svg import ChartView, view

# Events are read one by one for issues, types and people: over longer ranges only the newest week of them.
EVENTS_UP_TO = timedelta(days=7)
# Ingest writes its heartbeat after the minute: the newest minutes are not yet known to be covered, and are not a gap.
HEARTBEAT_LAG = timedelta(minutes=2)


@dataclass(frozen=True)
class RoutePage:
    """One route in one environment over one range."""

    series: Series
    siblings: list[Series]
    chart: ChartView
    total: int
    peak: int
    behind: queries.RouteEvents
    behind_since: datetime
    shortened: bool


def route_page(series: Series, chosen: Range, now: datetime) -> RoutePage:
    """Read all of it; seven queries."""
    start, end = chosen.window(now)
    counts = queries.buckets([series.pk], start, end, chosen.step)[series.pk]
    since = max(start, now - EVENTS_UP_TO)
    return RoutePage(
        series=series,
        siblings=queries.siblings(series),
        chart=view(_chart(series, chosen, start, known_counts(series, counts, start, chosen.step, now))),
        total=sum(counts),
        peak=max(counts, default=0),
        behind=queries.route_events([series.pk], series.project_environment_id, since),
        behind_since=since,
        shortened=since > start,
    )


def known_counts(
    series: Series, counts: list[int], start: datetime, step: timedelta, now: datetime
) -> list[int | None]:
    """The counts, with None where nothing was counted and the source was not up: missing is not zero."""
    end = start + step * len(counts)
    up = queries.covered(series.source, series.project_id, start, end, step)
    return [
        count if count or is_up or start + step * (index + 1) > now - HEARTBEAT_LAG else None
        for index, (count, is_up) in enumerate(zip(counts, up, strict=True))
    ]


def bucket_words(step: timedelta) -> str:
    """`per minute`, `per 5 min`, `per hour`, `per 6 h`, `per day`."""
    for length, one, unit in ((86400, "day", "d"), (3600, "hour", "h"), (60, "minute", "min")):
        count, rest = divmod(int(step.total_seconds()), length)
        if count and not rest:
            return f"per {one}" if count == 1 else f"per {count} {unit}"
    return f"per {step}"


def _chart(series: Series, chosen: Range, start: datetime, counts: list[int | None]) -> TimeChart:
    return TimeChart(
        title=f"Errors {bucket_words(chosen.step)} of {series.label} in {series.project_environment.name}",
        start=start,
        step=chosen.step,
        counts=counts,
        partial_last=True,
        key="route-chart",
    )
