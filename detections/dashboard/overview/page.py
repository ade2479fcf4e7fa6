"""The overview, read from rows: alerts, errors, failing routes, blind spots, issues, checklists, console health."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.alerts.queries import OpenAlerts, open_alerts
from detections.dashboard import snippets
from detections.dashboard.console_health import measure
from detections.dashboard.overview import health_checks, queries
from detections.dashboard.overview.blindspots import BlindSpots, blind_spots
from detections.dashboard.routes import board
from detections.dashboard.routes.burning import alerts_by_series, burning_since
from detections.dashboard.routes.covering_rules import (
    CoveringRule,
    RulesByEnvironment,
    matching_rules,
    places_of,
    primary_rule,
    with_baselines,
)
from detections.rules.models import Severity
from detections.telemetry import queries as telemetry
from detections.telemetry.issues import queries as issue_queries
from detections.telemetry.models import Issue, Series
from opsconsole.lib import redis
from opsconsole.lib.charts.time_chart import Mark, TimeChart
from opsconsole.lib.charts.time_chart_svg import ChartView, view
from opsconsole.lib.clock import MINUTE, floor_minute

ROUTES = 10  # fit on a laptop's screen; the list of routes has the others
ISSUES = 6
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class BoardRow:
    """A failing route with its primary rule and the open alert of a rule that covers it."""

    route: board.RouteRow
    rule: CoveringRule | None
    alert: Alert | None


@dataclass(frozen=True)
class Overview:
    """The content of the page. `snippet` is empty once any event was received, `newest` is None until then."""

    alerts: OpenAlerts
    errors: int
    errors_before: int
    chart: ChartView
    routes: list[BoardRow]
    more_routes: int
    blind_spots: BlindSpots
    issues: list[tuple[Issue, int]]
    runs: list[queries.RunInProgress]
    checks: list[health_checks.HealthCheck]
    newest: datetime | None
    snippet: str

    @property
    def health(self) -> str:
        return health_checks.worst(self.checks)


def overview(now: datetime) -> Overview:
    """Read the whole page; a fixed number of queries."""
    end = floor_minute(now) + MINUTE
    projects = telemetry.projects()
    by_minute = queries.errors_by_minute([project.pk for project in projects], end - 2 * HOUR, end)
    alerts = open_alerts()
    failing = board.failing(projects, end - HOUR, end)
    rules = RulesByEnvironment.read(now)
    covering = matching_rules(every := [series for series, _ in failing], rules, places_of(every))
    by_series = alerts_by_series(covering)
    shown = sorted(failing, key=lambda pair: -by_series[pk].severity if (pk := pair[0].pk) in by_series else 0)[:ROUTES]
    shown_rules = with_baselines([series for series, _ in shown], covering, now)
    newest = telemetry.newest_event_at()
    return Overview(
        alerts=alerts,
        errors=sum(n for minute, n in by_minute.items() if minute >= end - HOUR),
        errors_before=sum(n for minute, n in by_minute.items() if minute < end - HOUR),
        chart=view(_chart(by_minute, end, alerts, now)),
        routes=[
            BoardRow(row, primary_rule(shown_rules[row.series.pk]), by_series.get(row.series.pk))
            for row in board.rows(shown, end - HOUR, end, MINUTE, "last hour", burning_since(by_series, covering))
        ],
        more_routes=len(failing) - len(shown),
        blind_spots=blind_spots(every, covering, rules, now),
        issues=queries.top_issues(issue_queries.last_day(now)[0], ISSUES),
        runs=queries.open_runs(now),
        checks=health_checks.checks(measure(now), queries.quarantined(), redis.answers()),
        newest=newest,
        snippet="" if newest else snippets.snippet(),
    )


def _chart(by_minute: dict[datetime, int], end: datetime, alerts: OpenAlerts, now: datetime) -> TimeChart:
    """Errors of all routes per minute in the last hour, with a mark for each alert that opened in it."""
    start = end - HOUR
    up = telemetry.covered(Series.Source.SENTRY, None, start, end, MINUTE)
    minutes = [(start + MINUTE * index, is_up) for index, is_up in enumerate(up)]
    return TimeChart(
        title="Errors per minute, all routes, last hour",
        start=start,
        step=MINUTE,
        counts=[
            by_minute.get(at) or (0 if is_up or at + MINUTE > now - telemetry.HEARTBEAT_LAG else None)
            for at, is_up in minutes
        ],
        marks=[
            Mark(alert.opened_at, str(alert), Severity(alert.severity).label.lower())
            for alert in alerts.rows
            if alert.opened_at >= start
        ],
        partial_last=True,
        height=166,
        key="overview-chart",
    )
