"""What the page of a target shows: what holds now, charts, configuration, who froze it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from bootstrap.checklists.models import Run
from detections.alerts.models import Alert
from detections.alerts.queries import OPEN_STATUSES
from detections.dashboard.probes import figures
from detections.dashboard.probes.charts import SplitShown, latency_chart, split_charts
from detections.dashboard.probes.check_rows import CheckRow, check_rows
from detections.dashboard.probes.target_rows import hour_bars, next_run
from detections.dashboard.ranges import RANGES, Range
from detections.probes.checklist import open_one
from detections.probes.definition import as_file
from detections.probes.gate import GateState, gate_of
from detections.probes.models import ProbeFreeze, ProbeRun, ProbeTarget
from detections.probes.pace import window_problem
from detections.probes.program import probe
from opsconsole.lib.charts.line_chart_svg import LineChartView

FREEZES = 10
LATE = timedelta(seconds=30)  # a prober takes a run within seconds
# The shorter ranges of other pages have a handful of runs.
CHOICES = {each.key: each for each in RANGES if each.key in ("24h", "7d", "30d")}
DEFAULT = "24h"


@dataclass(frozen=True)
class Now:
    """The part of the page that is polled. `unclaimed`: a run waits longer than a prober takes to find it;
    `checklist`: the open one that a high check opened."""

    gate: GateState
    under_way: ProbeRun | None
    checks: list[CheckRow]
    others: list[Alert]
    next_at: datetime | None
    unclaimed: bool
    checklist: Run | None


@dataclass(frozen=True)
class Charts:
    """The last day, and the charts of the chosen range."""

    bars: SafeString
    good: int
    runs: int
    latency: LineChartView | None
    split: SplitShown | None


@dataclass(frozen=True)
class ShownConfiguration:
    """What is set, without what may be secret; `problem`: why it cannot run; `window_problem`: why two runs of its
    schedule are never elevated failures."""

    config: dict[str, Any]
    problem: str = ""
    window_problem: str = ""


def now_of(target: ProbeTarget, now: datetime) -> Now:
    """Six queries, one more with a run that is done."""
    gate = gate_of(target, now)
    states = [ProbeRun.State.QUEUED, ProbeRun.State.RUNNING]
    under_way = target.runs.filter(state__in=states).defer("report", "markdown").first()
    alerts = open_alerts(target)
    checks = check_rows(gate.run.checks.all() if gate.run else (), alerts)
    shown = {row.check.check_id for row in checks}
    others = [alert for check, alert in alerts.items() if check not in shown]
    waits = unclaimed(under_way, now)
    return Now(gate, under_way, checks, others, next_run(target, now), waits, open_one(target))


def unclaimed(run: ProbeRun | None, now: datetime) -> bool:
    """Whether no prober has taken a run that waits."""
    return run is not None and run.state == ProbeRun.State.QUEUED and run.queued_at < now - LATE


def open_alerts(target: ProbeTarget) -> dict[str, Alert]:
    """By check, the alert that fires or recovers: its scope is named `slug/check`. One query."""
    prefix = f"{target.slug}/"
    rows = Alert.objects.filter(
        project_environment=target.project_environment_id, status__in=OPEN_STATUSES, group_key__startswith=prefix
    )
    return {alert.group_key.removeprefix(prefix): alert for alert in rows.order_by("severity", "pk")}


def charts_of(target: ProbeTarget, chosen: Range, now: datetime) -> Charts:
    """Three queries, two without a split."""
    hours = figures.by_hour([target.pk], now)[target.pk]
    total = figures.totals(hours)
    return Charts(
        hour_bars(hours, now, target.name),
        total.runs - total.high,
        total.runs,
        latency_chart(target, chosen, now),
        split_charts(target, chosen, now),
    )


def range_of(key: str) -> tuple[Range, str]:
    """The range, and a remark where it was not understood."""
    if not key or key in CHOICES:
        return CHOICES[key or DEFAULT], ""
    return CHOICES[DEFAULT], f"Range “{key[:20]}” was not understood and left out; there are: {', '.join(CHOICES)}."


def configuration_of(target: ProbeTarget) -> ShownConfiguration:
    """As reports have it: of headers the names, of the body its size. One query."""
    given = as_file(target)
    given.pop("webhook_url", None)
    try:
        shown = probe.config_of(probe.read_target(given))
    except probe.ProbeError as error:
        return ShownConfiguration({}, str(error))
    apart = window_problem(target.window_minutes, target.interval_minutes) if target.enabled else ""
    return ShownConfiguration(shown, window_problem=apart)


def gate_address(target: ProbeTarget) -> str:
    """What a deploy asks."""
    return settings.PUBLIC_URL + reverse("api:gate", args=[target.slug])


def admin_address(rest: str) -> str:
    """Where the admin adds or changes a target: `add`, `7/change`."""
    return f"{reverse('admin:index')}detections/probetarget/{rest}/"


def history_of(target: ProbeTarget) -> list[ProbeFreeze]:
    """The newest freezes and their ends. One query."""
    return list(target.freezes.all()[:FREEZES])
