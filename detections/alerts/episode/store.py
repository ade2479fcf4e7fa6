"""Between rows and the pure state machine: reads what is known of a scope, writes back what a slot changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from detections.alerts.episode.state import Change, Episode, State, Status
from detections.alerts.models import Alert, AlertLog, ScopeSuppression
from detections.rules.active_rules import spec_of
from detections.rules.models import Evaluation, Evidence, Scope, Severity

ENGINE = "engine"


@dataclass
class Board:
    """A scope's newest alert, locked, and the pure state that it and the hold amount to."""

    scope: Scope
    alert: Alert | None
    state: State


def load(scope: Scope) -> Board:
    """What is known of `scope`, whose row the caller has locked."""
    alert = (
        Alert.objects.select_for_update(no_key=True, of=("self",))
        .select_related("rule", "project", "project_environment", "evidence")
        .filter(scope=scope)
        .order_by("-id")
        .first()
    )
    suppressed = ScopeSuppression.objects.filter(scope=scope).values_list("severity", flat=True).first()
    if alert is None:
        return Board(scope, None, State(suppressed=suppressed))
    open_episode = episode_of(alert) if alert.dedup_key is not None else None
    return Board(
        scope,
        alert,
        State(open_episode, suppressed, alert.last_slot, tuple(alert.flips), notified=alert.severity),
    )


def episode_of(alert: Alert) -> Episode:
    return Episode(
        status=Status(alert.status),
        severity=alert.severity,
        slot_severity=alert.slot_severity,
        opened_at=alert.opened_at,
        status_since=alert.status_since,
        last_firing_at=alert.last_firing_at or alert.opened_at,
        last_slot=alert.last_slot,
        progress=alert.progress,
        flips=tuple(alert.flips),
        flapping_since=alert.flapping_since,
        acknowledged=alert.handling == Alert.Handling.ACKNOWLEDGED,
        detected_late=alert.detected_late,
    )


def new_alert(scope: Scope, evaluation: Evaluation) -> Alert:
    """An unsaved alert of `scope`, opened by `evaluation`."""
    environment = scope.project_environment
    return Alert(
        scope=scope,
        rule=scope.rule,
        version=evaluation.version,
        project=environment.project,
        project_environment=environment,
        group_key=scope.group_key,
        severity=0,
        revision=0,
    )


def write(alert: Alert, episode: Episode) -> None:
    """Save `episode` into `alert`. The revision counts what a person who acts must have seen: opening, closing, a
    higher severity, a lost acknowledgment; not the coming and going of the condition."""
    before = (alert.severity, alert.handling, alert.dedup_key)
    for name in ("severity", "slot_severity", "status", "opened_at", "status_since", "last_firing_at"):
        setattr(alert, name, getattr(episode, name))
    alert.last_slot, alert.progress, alert.flips = (
        episode.last_slot,
        episode.progress,
        list(episode.flips),
    )
    alert.flapping_since, alert.detected_late = episode.flapping_since, episode.detected_late
    if not episode.acknowledged:
        clear_acknowledgment(alert)
    if episode.closed:
        close(alert, episode.last_slot, "cleared" if episode.status is Status.RESOLVED else "passed")
    else:
        alert.dedup_key = alert.scope_id
    if before != (alert.severity, alert.handling, alert.dedup_key):
        alert.revision += 1
    alert.save()


def close(alert: Alert, at: datetime, resolution: str) -> None:
    """What every closed alert has in common; the condition is the caller's."""
    alert.dedup_key = None
    alert.resolved_at = at
    alert.resolution = resolution
    alert.due_at = None
    alert.flapping_since = None


def clear_acknowledgment(alert: Alert) -> None:
    alert.handling = Alert.Handling.UNACKNOWLEDGED
    alert.acknowledged_by = alert.acknowledged_at = alert.acknowledged_until = None
    alert.reminded_at = alert.due_at = None


def log_slot(alert: Alert, changes: Iterable[Change], evaluation: Evaluation, now: datetime) -> None:
    """Append what one slot changed."""
    AlertLog.objects.bulk_create(
        AlertLog(
            alert=alert,
            at=now,
            slot_end=evaluation.slot_end,
            kind=change.kind,
            actor_name=ENGINE,
            old=_word(change.kind, change.old),
            new=_word(change.kind, change.new),
            why=change.why,
            version=evaluation.version,
            evidence=evaluation.evidence,
        )
        for change in changes
    )


def hold_back(scope: Scope, severity: int, now: datetime) -> None:
    """No new episode of `scope` until it cleared once or fires above `severity`."""
    ScopeSuppression.objects.update_or_create(scope=scope, defaults={"severity": severity, "since": now})


def take_evidence(alert: Alert, evaluation: Evaluation) -> None:
    """Keep the strongest evidence of the episode, with the likely cause and its owner: the highest severity, then the
    highest count."""
    evidence: Evidence | None = evaluation.evidence
    if evidence is None or evaluation.severity is None:
        return
    if (evaluation.severity, evaluation.count or 0) < (alert.severity, alert.count or 0):
        return
    cause, owner = evidence.data.get("cause", ""), evidence.data.get("owner", "")
    alert.evidence, alert.count = evidence, evaluation.count
    # A cause once known is not forgotten because a later window held other events.
    alert.cause = cause or alert.cause
    spec = spec_of(evaluation.version)
    alert.owner = owner or alert.owner or (spec.first_response if spec else "")


def _word(kind: str, value: str) -> str:
    return Severity(int(value)).name.lower() if value and kind in ("severity", "late") else value
