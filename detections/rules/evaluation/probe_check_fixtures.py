"""Probe runs of fixtures: targets of the fixture's project with runs that are done, without any sample being sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from detections.probes.models import ProbeCheck, ProbeRun, ProbeTarget
from detections.rules.evaluation.evaluator import FixtureInput
from detections.rules.spec.conditions.probe_check import CheckId, TargetSlug
from detections.telemetry.models import Project, ProjectEnvironment

LONGEST_AGO = 7200  # seconds


class FixtureCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A check of a run; `notify` is false for what is shown only."""

    check: CheckId
    severity: Literal["info", "warn", "high"]
    triggered: bool = True
    notify: bool = True
    value: int = 1
    note: str = ""


class FixtureProbeRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that is done, by how long before the fixture's end it ended. All runs of a name are of one target, which is
    as old as the first of them and should be probed every five minutes."""

    target: TargetSlug
    ended_seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=LONGEST_AGO)]
    checks: tuple[FixtureCheck, ...] = ()


def _minutes(run: FixtureProbeRun) -> int:
    return int(run.ended_seconds_before_end // 60)


def _create(project: Project, environment: str, runs: Sequence[FixtureProbeRun], end: datetime) -> None:
    place, _ = ProjectEnvironment.objects.get_or_create(project=project, name=environment)
    for slug in dict.fromkeys(run.target for run in runs):
        name = f"{project.slug[:28]}-{slug[:30]}"  # that of a target of this console stays its own
        target = ProbeTarget.objects.create(
            slug=name,
            name=name,
            project_environment=place,
            base="https://probe.example",
            created_at=end - timedelta(seconds=max(r.ended_seconds_before_end for r in runs if r.target == slug)),
        )
        for run in runs:
            if run.target == slug:
                _run(target, run, end - timedelta(seconds=run.ended_seconds_before_end))


def _run(target: ProbeTarget, given: FixtureProbeRun, ended: datetime) -> None:
    run = ProbeRun.objects.create(
        target=target,
        trigger=ProbeRun.Trigger.SCHEDULE,
        state=ProbeRun.State.DONE,
        queued_at=ended,
        started_at=ended,
        finished_at=ended,
        wanted=target.samples,
        taken=target.samples,
    )
    ProbeCheck.objects.bulk_create(
        ProbeCheck(
            run=run,
            check_id=each.check,
            severity=each.severity,
            triggered=each.triggered,
            notify=each.notify,
            value=each.value,
            note=each.note,
        )
        for each in given.checks
    )


PROBE_RUNS = FixtureInput("probe_runs", FixtureProbeRun, _minutes, _create)
