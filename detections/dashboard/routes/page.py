"""What the page of one route shows: its chart over a range, and what stands behind its errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.dashboard.ranges import Range
from detections.dashboard.routes.covering_rules import Covering, covering
from detections.dashboard.routes.rule_windows import Judge, judged_chart
from detections.rules.models import Severity
from detections.telemetry import queries
from detections.telemetry.models import Series
from opsconsole.lib.charts.time_chart import Mark, TimeChart
from opsconsole.lib.charts.time_chart_svg import ChartView, view

# Events are read one by one for issues, types and people: over longer ranges only the newest week of them.
EVENTS_UP_TO = timedelta(days=7)


@dataclass(frozen=True)
class RoutePage:
    """One route in one environment over one range."""

    series: Series
    siblings: list[Series]
    chart: ChartView
    judged_by: Covering | None
    over: list[Covering]
    total: int
    peak: int
    behind: queries.RouteEvents
    behind_since: datetime
    shortened: bool


def route_page(series: Series, chosen: Range, now: datetime, *, plain: bool) -> RoutePage:
    """Read all of it; a fixed number of queries. The chart is the rule's view of the route unless `plain` is wanted,
    no rule counts it, or the range is longer than a day (a rule's windows are minutes)."""
    start, end = chosen.window(now)
    over = covering([series], now)[series.pk]
    counts = queries.buckets([series.pk], start, end, chosen.step)[series.pk]
    counting = next((each for each in over if each.rule.spec.exceedance), None)
    judge = None if plain or chosen.span > queries.MINUTES_UP_TO else counting
    chart = (
        judged_chart(
            Judge(judge.rule, judge.key, judge.scope_id, series.project_environment, series.source),
            start,
            end,
            chosen.step,
            now,
        )
        if judge
        else _chart(series, chosen, start, known_counts(series, counts, start, chosen.step, now))
    )
    since = max(start, now - EVENTS_UP_TO)
    return RoutePage(
        series=series,
        siblings=queries.siblings(series),
        chart=view(replace(chart, marks=_alert_marks(over, start))),
        judged_by=judge,
        over=over,
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
        count if count or is_up or start + step * (index + 1) > now - queries.HEARTBEAT_LAG else None
        for index, (count, is_up) in enumerate(zip(counts, up, strict=True))
    ]


def bucket_words(step: timedelta) -> str:
    """`per minute`, `per 5 min`, `per hour`, `per 6 h`, `per day`."""
    for length, one, unit in ((86400, "day", "d"), (3600, "hour", "h"), (60, "minute", "min")):
        count, rest = divmod(int(step.total_seconds()), length)
        if count and not rest:
            return f"per {one}" if count == 1 else f"per {count} {unit}"
    return f"per {step}"


def _alert_marks(over: list[Covering], start: datetime) -> list[Mark]:
    """The alerts of the scopes that cover the route, where they opened. One query."""
    scopes = [each.scope_id for each in over if each.scope_id]
    alerts = Alert.objects.filter(scope__in=scopes, opened_at__gte=start).select_related("rule")
    return [
        Mark(alert.opened_at, f"{alert.rule.identifier}, {severity}", severity)
        for alert in alerts.exclude(status=Alert.Status.INACTIVE)
        if (severity := Severity(alert.severity).label.lower())
    ]


def _chart(series: Series, chosen: Range, start: datetime, counts: list[int | None]) -> TimeChart:
    return TimeChart(
        title=f"Errors {bucket_words(chosen.step)} of {series.label} in {series.project_environment.name}",
        start=start,
        step=chosen.step,
        counts=counts,
        partial_last=True,
        key="route-chart",
    )
