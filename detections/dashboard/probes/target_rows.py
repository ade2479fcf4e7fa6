"""Rows of the list of targets: gate, newest run, the last 24 hours, the next run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.safestring import SafeString

from detections.dashboard.probes import figures
from detections.dashboard.probes.figures import HOUR, RunBucket
from detections.probes.gate import GateState, gates_of
from detections.probes.models import ProbeRun, ProbeTarget
from detections.probes.program import probe
from detections.probes.start import slot_of
from opsconsole.lib.charts.status_bars import StatusBar, status_bars

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class TargetRow:
    """A target with its gate and the runs that are done; the names are what the list is sorted by."""

    target: ProbeTarget
    gate: GateState
    next_at: datetime | None

    @property
    def pk(self) -> int:
        return self.target.pk

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def project(self) -> str:
        return self.target.project_environment.project.slug

    @property
    def environment(self) -> str:
        return self.target.project_environment.name

    @property
    def where(self) -> str:
        return self.target.project_environment.path

    @property
    def address(self) -> str:
        """Method and address, of the query no value that looks secret."""
        return f"{self.target.method} {self.target.base}{probe.without_secrets(self.target.endpoint)}"

    @property
    def rank(self) -> int:
        """0 where the gate is open; a high check and a freeze before a run that is missing."""
        return max((1 if each.code == "no_run" else 2 for each in self.gate.reasons), default=0)

    @property
    def newest(self) -> datetime:
        return (self.gate.run and self.gate.run.finished_at) or NEVER

    @property
    def slowness(self) -> float:
        return (self.gate.run and self.gate.run.p95_ms) or 0.0


@dataclass(frozen=True)
class ShownTarget:
    """A row of one page: with its last 24 hours, and the run that is under way."""

    row: TargetRow
    bars: SafeString
    good: int
    runs: int
    under_way: ProbeRun | None


def all_rows(now: datetime) -> list[TargetRow]:
    """Every target with its gate. Four queries."""
    targets = list(ProbeTarget.objects.select_related("project_environment__project").defer("secret", "body"))
    gates = gates_of(targets, now)
    return [TargetRow(each, gates[each.pk], next_run(each, now)) for each in targets]


def shown(rows: Sequence[TargetRow], now: datetime) -> list[ShownTarget]:
    """These rows with their last day. Two queries."""
    pks = [row.pk for row in rows]
    days = figures.by_hour(pks, now) if pks else {}
    states = [ProbeRun.State.QUEUED, ProbeRun.State.RUNNING]
    under_way = ProbeRun.objects.filter(target__in=pks, state__in=states).defer("report", "markdown")
    by_target = {run.target_id: run for run in under_way}
    return [_shown(row, days[row.pk], by_target.get(row.pk), now) for row in rows]


def next_run(target: ProbeTarget, now: datetime) -> datetime | None:
    """When the schedule starts its next run; None where it is off."""
    return slot_of(target, now) + timedelta(minutes=target.interval_minutes) if target.enabled else None


def hour_bars(hours: Sequence[RunBucket], now: datetime, name: str) -> SafeString:
    """A bar for each of the last 24 hours: short where all was well, taller for a warn check, full for a high one."""
    starts = [now - HOUR * (len(hours) - index) for index in range(len(hours))]
    bars = [
        StatusBar(_tone(each), f"{start:%H:%M} to {start + HOUR:%H:%M} UTC: {_words(each)}")
        for start, each in zip(starts, hours, strict=True)
    ]
    good, runs = _good(hours)
    return status_bars(bars, label=f"{name}, last 24 hours: {good} of {runs} runs without a high check")


def _shown(row: TargetRow, hours: Sequence[RunBucket], run: ProbeRun | None, now: datetime) -> ShownTarget:
    good, runs = _good(hours)
    return ShownTarget(row, hour_bars(hours, now, row.name), good, runs, run)


def _good(hours: Sequence[RunBucket]) -> tuple[int, int]:
    """Runs without a high check, and all that are done."""
    total = figures.totals(hours)
    return total.runs - total.high, total.runs


def _tone(hour: RunBucket) -> str:
    return "high" if hour.high else "medium" if hour.warn else "ok" if hour.runs else ""


def _words(hour: RunBucket) -> str:
    if not hour.runs:
        return "no run"
    counted = f"{hour.runs} run{'' if hour.runs == 1 else 's'}"
    parts = [f"{hour.high} with a high check"] * bool(hour.high) + [f"{hour.warn} with a warn check"] * bool(hour.warn)
    return f"{counted}, {', '.join(parts) or 'none with a high or warn check'}"
