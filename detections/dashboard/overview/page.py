"""What the overview shows, read in one go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bootstrap.checklists.models import Run
from bootstrap.checklists.progress import Progress
from detections.alerts.models import Alert
from detections.alerts.queries import Firing, firing, key_of, open_in
from detections.dashboard import snippets
from detections.dashboard.console_health import measure
from detections.dashboard.overview import health_checks, queries
from detections.dashboard.overview.blindspots import BlindSpots, blind_spots
from detections.dashboard.routes import board
from detections.dashboard.routes.covering_rules import Covering, Rulebook, covering, in_charge
from detections.rules.models import Severity
from detections.telemetry import queries as telemetry
from detections.telemetry.models import Issue, Series
from opsconsole.lib.charts.time_chart import Mark, TimeChart
from opsconsole.lib.charts.time_chart_svg import ChartView, view
from opsconsole.lib.clock import MINUTE, floor_minute

ROUTES = 10  # what fits above the fold of a laptop; the rest is one click away
ISSUES = 6
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class BoardRow:
    """A failing route, the rule that looks after it (the most specific armed one, else the most specific), and the
    open alert that it is part of."""

    route: board.RouteRow
    over: Covering | None
    alert: Alert | None


@dataclass(frozen=True)
class Overview:
    """Everything of the page; `snippet` only while nothing was ever received."""

    firing: Firing
    errors: int
    errors_before: int
    chart: ChartView
    routes: list[BoardRow]
    more_routes: int
    blind: BlindSpots
    issues: list[tuple[Issue, int]]
    runs: list[tuple[Run, Progress]]
    checks: list[health_checks.Check]
    newest: datetime | None
    snippet: str

    @property
    def health(self) -> str:
        return health_checks.worst(self.checks)


def overview(now: datetime) -> Overview:
    """Read all of it; a fixed number of queries."""
    end = floor_minute(now) + MINUTE
    projects = telemetry.projects()
    by_minute = queries.errors_by_minute([project.pk for project in projects], end - 2 * HOUR, end)
    fires = firing()
    failing = board.failing(projects, end - HOUR, end)
    book = Rulebook.read(now)
    over = covering([series for series, _ in failing], now, book)
    alerts = _alerts(over)
    severity = {pk: alert.severity for pk, alert in alerts.items()}
    shown = sorted(failing, key=lambda pair: -severity.get(pair[0].pk, 0))[:ROUTES]
    newest = telemetry.newest_event_at()
    return Overview(
        firing=fires,
        errors=sum(n for minute, n in by_minute.items() if minute >= end - HOUR),
        errors_before=sum(n for minute, n in by_minute.items() if minute < end - HOUR),
        chart=view(_chart(by_minute, end, fires, now)),
        routes=[
            BoardRow(row, in_charge(over[row.series.pk]), alerts.get(row.series.pk))
            for row in board.rows(shown, end - HOUR, end, MINUTE, "last hour", _burning(alerts, over))
        ],
        more_routes=len(failing) - len(shown),
        blind=blind_spots([series for series, _ in failing], over, book, now),
        issues=queries.top_issues(now - DAY, ISSUES),
        runs=queries.open_runs(now),
        checks=health_checks.checks(measure(now), queries.quarantined()),
        newest=newest,
        snippet="" if newest else snippets.snippet(),
    )


def _alerts(over: Mapping[int, list[Covering]]) -> dict[int, Alert]:
    """By series id, the open alert that the route is part of: that of the most specific rule."""
    by_key = open_in({each.key for covers in over.values() for each in covers})
    found = {pk: next((by_key[each.key] for each in covers if each.key in by_key), None) for pk, covers in over.items()}
    return {pk: alert for pk, alert in found.items() if alert}


def _burning(alerts: Mapping[int, Alert], over: Mapping[int, list[Covering]]) -> dict[int, datetime]:
    """Since when each route burns: the window that opened the alert began before it."""
    windows = {(pk, each.key): each.window_minutes * MINUTE for pk, found in over.items() for each in found}
    return {pk: alert.opened_at - windows[pk, key_of(alert)] for pk, alert in alerts.items()}


def _chart(by_minute: dict[datetime, int], end: datetime, fires: Firing, now: datetime) -> TimeChart:
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
            for alert in fires.rows
            if alert.opened_at >= start
        ],
        partial_last=True,
        height=150,
        key="overview-chart",
    )
