"""Gates, targets and runs as the API shows them; nothing that a target sends, and no secret."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from detections.probes.gate import GateState
from detections.probes.models import ProbeFreeze, ProbeRun, ProbeTarget
from detections.probes.program import probe

RUN = (
    "id",
    "state",
    "trigger",
    "slot",
    "queued_at",
    "started_at",
    "finished_at",
    "wanted",
    "taken",
    "severity",
    "failing",
    "p50_ms",
    "p95_ms",
    "problem",
)
TARGET = ("slug", "name", "enabled", "interval_minutes", "method", "base", "samples")


def as_gate(target: ProbeTarget, state: GateState, now: datetime) -> dict[str, Any]:
    """No query."""
    return {
        "target": target.slug,
        "url": settings.PUBLIC_URL + reverse("probe_target", args=[target.slug]),
        "open": state.is_open,
        "reasons": [{"code": each.code, "sentence": each.sentence, "check": each.check} for each in state.reasons],
        "freeze": as_freeze(state.freeze) if state.freeze else None,
        "run": as_run(target, state.run) if state.run else None,
        "checked_at": now,
    }


def as_freeze(row: ProbeFreeze) -> dict[str, Any]:
    """No query."""
    return {"id": row.pk, "frozen": row.frozen, "reason": row.reason, "at": row.at, "by": row.actor_name}


def as_run(target: ProbeTarget, run: ProbeRun) -> dict[str, Any]:
    """No query. `target` is the run's own."""
    return {
        "target": target.slug,
        "url": settings.PUBLIC_URL + reverse("probe_run", args=[target.slug, run.pk]),
        "by": run.actor_name,
        **{name: getattr(run, name) for name in RUN},
    }


def as_target(target: ProbeTarget, state: GateState, newest: ProbeRun | None, now: datetime) -> dict[str, Any]:
    """No query, where the target was loaded with `project_environment__project`."""
    place = target.project_environment
    return {
        "project": place.project.slug,
        "environment": place.name,
        "endpoint": probe.without_secrets(target.endpoint),
        "gate": as_gate(target, state, now),
        "newest_run": as_run(target, newest) if newest else None,
        **{name: getattr(target, name) for name in TARGET},
    }
