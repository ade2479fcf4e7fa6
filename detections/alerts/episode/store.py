"""Loads the state of a scope from rows, and writes what a slot changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from detections.alerts.episode.state import Change, Episode, State, Status
from detections.alerts.models import Alert, AlertLog, ScopeSuppression
from detections.rules.active_rules import spec_of
from detections.rules.models import Evaluation, Evidence, Scope, Severity

ENGINE = "engine"
# Written by routing alone, on the row: what has loaded it before must not take it back.
ROUTED = "tags"
_COLUMNS = [c.name for c in Alert._meta.concrete_fields if not c.primary_key and c.name != ROUTED]


@dataclass
class LockedScope:
    """A scope with its newest alert, both locked, and the state that follows from alert and suppression.

    `unsaved`: the alert's row is behind; `save` catches it up.
    """

    scope: Scope
    alert: Alert | None
    state: State
    unsaved: bool = False


def load(scopes: Collection[Scope]) -> list[LockedScope]:
    """Loads the states of the scopes, in their order, and locks the newest alert of each, in order of id. The caller
    has locked the scopes' rows, so that no newer alert can appear. Two queries."""
    newest = Alert.objects.filter(scope__in=scopes).order_by().values("scope").annotate(newest=Max("id"))
    rows = (
        Alert.objects.select_for_update(no_key=True, of=("self",))
        .select_related("rule", "project", "project_environment", "evidence")
        .filter(pk__in=newest.values("newest"))
        .order_by("id")
    )
    alerts = {alert.scope_id: alert for alert in rows}
    suppressed = dict(ScopeSuppression.objects.filter(scope__in=scopes).values_list("scope_id", "severity"))
    return [_locked(scope, alerts.get(scope.pk), suppressed.get(scope.pk)) for scope in scopes]


def _locked(scope: Scope, alert: Alert | None, suppressed: int | None) -> LockedScope:
    if alert is None:
        return LockedScope(scope, None, State(suppressed=suppressed))
    open_episode = episode_of(alert) if alert.dedup_key is not None else None
    return LockedScope(
        scope,
        alert,
        State(open_episode, suppressed, alert.last_slot, tuple(alert.flips), notified=alert.severity),
    )


def episode_of(alert: Alert) -> Episode:
    """The alert's row as the state machine's episode."""
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
        detected_at=evaluation.evaluated_at,
    )


def write(alert: Alert, episode: Episode) -> None:
    """Sets `episode` in `alert`; `save` writes it.

    The revision rises with what a person must have seen before acting: opening, closing, a higher severity, the end of
    an acknowledgment; not with a change between firing and recovering.
    """
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


def save(changed: Iterable[LockedScope]) -> None:
    """Writes the alerts that are `unsaved`, in one query. A new one has to be written before anything refers to it."""
    unsaved = [locked for locked in changed if locked.unsaved]
    _save([locked.alert for locked in unsaved if locked.alert is not None])
    for locked in unsaved:
        locked.unsaved = False


def _save(alerts: Sequence[Alert]) -> None:
    if len(alerts) == 1:
        alerts[0].save(update_fields=_COLUMNS if alerts[0].pk is not None else None)
    elif alerts:
        # Their rows exist and are locked, so that each is an update.
        Alert.objects.bulk_create(alerts, update_conflicts=True, unique_fields=["id"], update_fields=_COLUMNS)


def close(alert: Alert, at: datetime, resolution: str) -> None:
    """Sets the fields of a closed alert, apart from its status; does not save."""
    alert.dedup_key = None
    alert.resolved_at = at
    alert.resolution = resolution
    alert.due_at = None
    alert.flapping_since = None
    if alert.members_firing is not None:
        alert.members_firing = 0


def clear_acknowledgment(alert: Alert) -> None:
    """Makes the alert unacknowledged; does not save."""
    alert.handling = Alert.Handling.UNACKNOWLEDGED
    alert.acknowledged_by = alert.acknowledged_at = alert.acknowledged_until = None
    alert.reminded_at = alert.due_at = None


def log_slot(alert: Alert, changes: Iterable[Change], evaluation: Evaluation, now: datetime) -> None:
    """Writes a log row for each change of a slot."""
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


def suppress(scope: Scope, severity: int, now: datetime) -> None:
    """Suppresses new alerts of `scope` until it is clear once or fires above `severity`."""
    ScopeSuppression.objects.update_or_create(scope=scope, defaults={"severity": severity, "since": now})


def take_evidence(alert: Alert, evaluation: Evaluation) -> None:
    """Keeps evidence, cause and owner of the evaluation if it is the strongest so far: by severity, then by count. Of
    equal counts the first is kept; of evidence that counts nothing the newest, since what is wrong may have changed."""
    evidence: Evidence | None = evaluation.evidence
    if evidence is None or evaluation.severity is None:
        return
    strength, kept = (evaluation.severity, evaluation.count or 0), (alert.severity, alert.count or 0)
    if strength < kept or (strength == kept and evaluation.count and alert.evidence_id is not None):
        return
    cause, owner = evidence.data.get("cause", ""), evidence.data.get("owner", "")
    alert.evidence, alert.count = evidence, evaluation.count
    # A known cause is kept when a later window has other events.
    alert.cause = cause or alert.cause
    spec = spec_of(evaluation.version)
    alert.owner = owner or alert.owner or (spec.first_response if spec else "")


def _word(kind: str, value: str) -> str:
    return Severity(int(value)).name.lower() if value and kind in ("severity", "late") else value
