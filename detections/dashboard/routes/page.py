"""The page of one route: its chart over a range, the rules that cover it, issues and releases of its errors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detections.dashboard.ranges import Range
from detections.dashboard.routes.chart_marks import alert_marks, release_marks
from detections.dashboard.routes.covering_rules import CoveringRule, covering_rules
from detections.dashboard.routes.rule_windows import ChartScope, rule_chart
from detections.telemetry import queries
from detections.telemetry.models import Series
from opsconsole.lib.charts.time_chart import TimeChart
from opsconsole.lib.charts.time_chart_svg import ChartView, view

# Issues, types and users are counted from single events: of longer ranges only the newest week is read.
EVENTS_UP_TO = timedelta(days=7)


@dataclass(frozen=True)
class RoutePage:
    """One route in one environment over one range. `chart_rule` is None where the chart shows plain counts; `shortened`
    says that `events` are those of EVENTS_UP_TO only."""

    series: Series
    siblings: list[Series]
    chart: ChartView
    chart_rule: CoveringRule | None
    rules: list[CoveringRule]
    total: int
    peak: int
    events: queries.RouteEvents
    shortened: bool


def route_page(series: Series, chosen: Range, now: datetime, *, plain: bool) -> RoutePage:
    """Read the whole page; a fixed number of queries. The chart shows windows as a rule counts them unless `plain` is
    wanted, no rule counts the route, or the range is longer than a day (a rule's windows are minutes)."""
    start, end = chosen.window(now)
    rules = covering_rules([series], now)[series.pk]
    counts = queries.buckets([series.pk], start, end, chosen.step)[series.pk]
    chart_rule = None if plain or chosen.span > queries.MINUTES_UP_TO else _first_counting(rules)
    if chart_rule is None:
        chart = _plain_chart(series, chosen, start, counts, now)
    else:
        chart = rule_chart(_chart_scope(chart_rule, series), start, end, chosen.step, now)
    marks = alert_marks(rules, start) + release_marks(series.project_environment, start, end)
    since = max(start, now - EVENTS_UP_TO)
    return RoutePage(
        series=series,
        siblings=queries.siblings(series),
        chart=view(replace(chart, marks=marks)),
        chart_rule=chart_rule,
        rules=rules,
        total=sum(counts),
        peak=max(counts, default=0),
        events=queries.route_events([series.pk], series.project_environment_id, since),
        shortened=since > start,
    )


def _first_counting(rules: list[CoveringRule]) -> CoveringRule | None:
    """The most specific rule that counts events in windows."""
    return next((each for each in rules if each.rule.spec.exceedance), None)


def _chart_scope(rule: CoveringRule, series: Series) -> ChartScope:
    return ChartScope(rule.rule, rule.key, rule.scope_id, series.project_environment, series.source)


def counts_with_gaps(
    series: Series, counts: list[int], start: datetime, step: timedelta, now: datetime
) -> list[int | None]:
    """The counts, with None in buckets without events in which the source was not up: no data is not zero."""
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


def _plain_chart(series: Series, chosen: Range, start: datetime, counts: list[int], now: datetime) -> TimeChart:
    return TimeChart(
        title=f"Errors {bucket_words(chosen.step)} of {series.label} in {series.where}",
        start=start,
        step=chosen.step,
        counts=counts_with_gaps(series, counts, start, chosen.step, now),
        partial_last=True,
        key="route-chart",
    )
