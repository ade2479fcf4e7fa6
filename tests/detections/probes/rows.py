"""Targets and runs as rows, for tests: judged and stored as the prober does it, without a request."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from detections.probes import record
from detections.probes.definition import definition_of
from detections.probes.models import ProbeInvariant, ProbeRun, ProbeTarget
from detections.probes.program import probe
from detections.telemetry.models import ProjectEnvironment
from tests.detections import builders
from tests.detections.probes.samples import counted, row

NOON = builders.NOON
MINUTE = timedelta(minutes=1)


def place(project: str = "raptor", environment: str = "prod") -> ProjectEnvironment:
    """The project's environment, linked to the system's one of that name."""
    of = builders.project(project)
    linked = of.app.system.environments.filter(slug=environment).first() if of.app else None
    made, _ = ProjectEnvironment.objects.get_or_create(
        project=of, name=environment, defaults={"environment": linked, "first_event_at": NOON - timedelta(days=10)}
    )
    return made


def stored_target(slug: str = "aurora-rollout", **fields: Any) -> ProbeTarget:
    """The Aurora target with its invariants, at an address that nothing is sent to. `invariants`: rows of a file."""
    given = {**probe.AURORA, "base": "http://127.0.0.1:9", "created_at": NOON - timedelta(days=1), **fields}
    rows = given.pop("invariants")
    given.setdefault("project_environment", place())
    made = ProbeTarget.objects.create(**{**given, "slug": slug, "name": fields.get("name", slug)})
    for order, each in enumerate(rows):
        rest = {name: value for name, value in each.items() if name not in {"kind", "check", "severity"}}
        ProbeInvariant.objects.create(
            target=made,
            order=order,
            kind=each["kind"],
            check_id=each.get("check", ""),
            severity=each.get("severity", ""),
            fields=rest,
        )
    return made


def running(target: ProbeTarget, started: datetime = NOON, **fields: Any) -> ProbeRun:
    """A run that a process has claimed."""
    given: dict[str, Any] = {"trigger": ProbeRun.Trigger.SCHEDULE, "slot": started, "wanted": target.samples, **fields}
    return ProbeRun.objects.create(
        target=target,
        state=ProbeRun.State.RUNNING,
        queued_at=started,
        started_at=started,
        heartbeat_at=started,
        claim=uuid4(),
        **given,
    )


def done(target: ProbeTarget, *samples: dict[str, Any], at: datetime = NOON, **fields: Any) -> ProbeRun:
    """A run that ended at `at` with these rows (see `samples.row`); without rows, ten clean ones."""
    run = running(target, at - timedelta(seconds=5), **fields)
    assert run.claim
    taken = samples or tuple(row() for _ in range(10))
    report = record.finish(run, run.claim, definition_of(target), counted(*taken), at)
    assert report is not None
    run.refresh_from_db()
    return run
