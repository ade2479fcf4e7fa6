"""The counts around an alert, judged by the version of the rule that opened it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from detections.alerts.models import Alert
from detections.dashboard.routes.rule_windows import Judge, judged_chart
from detections.rules.active_rules import InForce, spec_of
from detections.rules.counting.counts import ScopeKey
from detections.rules.models import Severity
from opsconsole.lib.charts.time_chart import Mark
from opsconsole.lib.charts.time_chart_svg import ChartView, view
from opsconsole.lib.clock import MINUTE, floor_minute

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=60)  # enough to see the rise, and how it went on


def chart_around(alert: Alert, now: datetime) -> ChartView | None:
    """None where the rule counts nothing (it knows failures by name only) or its version cannot be read any more."""
    judge = _judge(alert)
    if judge is None or judge.rule.spec.exceedance is None:
        return None
    start = floor_minute(alert.opened_at) - BEFORE
    end = min(floor_minute(now) + MINUTE, start + BEFORE + AFTER)
    chart = judged_chart(judge, start, end, MINUTE, now)
    return view(replace(chart, marks=_marks(alert), key=f"alert-{alert.pk}-chart"))


def _judge(alert: Alert) -> Judge | None:
    spec = spec_of(alert.version)
    if spec is None:
        return None
    rule = InForce(alert.rule, alert.version, spec)
    key = ScopeKey(alert.rule_id, alert.project_environment_id, alert.group_key)
    told = alert.evidence.data.get("source") if alert.evidence else None
    return Judge(rule, key, alert.scope_id, alert.project_environment, told or rule.spec.selector.sources[0].source)


def _marks(alert: Alert) -> list[Mark]:
    opened = Mark(alert.opened_at, "opened", Severity(alert.severity).label.lower())
    return [opened, Mark(alert.resolved_at, "ended", "ok")] if alert.resolved_at else [opened]
