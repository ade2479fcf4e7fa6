"""The chart of an alert: its scope's counts by the version of the rule that opened it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.dashboard.routes.chart_marks import release_marks
from detections.dashboard.routes.rule_windows import ChartScope, rule_chart
from detections.rules.active_rules import LoadedRule, spec_of
from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Severity
from opsconsole.lib.charts.time_chart import Mark
from opsconsole.lib.charts.time_chart_svg import ChartView, view
from opsconsole.lib.clock import MINUTE, floor_minute

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=60)  # enough to see the rise and what followed


def alert_chart_view(alert: Alert, now: datetime) -> ChartView | None:
    """The chart from BEFORE to at most AFTER the opening, a bar a minute; None where the rule counts nothing (it has
    only signatures) or its version is no longer readable."""
    scope = _chart_scope(alert)
    if scope is None or scope.rule.spec.exceedance is None:
        return None
    start = floor_minute(alert.opened_at) - BEFORE
    end = min(floor_minute(now) + MINUTE, start + BEFORE + AFTER)
    chart = rule_chart(scope, start, end, MINUTE, now)
    marks = _marks(alert) + release_marks(alert.project_environment, start, end)
    return view(replace(chart, marks=marks, key=f"alert-{alert.pk}-chart"))


def _chart_scope(alert: Alert) -> ChartScope | None:
    spec = spec_of(alert.version)
    if spec is None:
        return None
    rule = LoadedRule(alert.rule, alert.version, spec)
    key = ScopeKey(alert.rule_id, alert.project_environment_id, alert.group_key)
    recorded = alert.evidence.data.get("source") if alert.evidence else None
    source = recorded or rule.spec.selector.sources[0].source
    return ChartScope(rule, key, alert.scope_id, alert.project_environment, source)


def _marks(alert: Alert) -> list[Mark]:
    opened = Mark(alert.opened_at, "opened", Severity(alert.severity).label.lower())
    return [opened, Mark(alert.resolved_at, "ended", "ok")] if alert.resolved_at else [opened]
