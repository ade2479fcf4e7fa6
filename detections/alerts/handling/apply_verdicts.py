"""Applies verdicts of the rules to alerts: episodes, log rows and queued messages, each verdict exactly once.

One transaction per scope: its unconsumed verdicts are applied in order of id and marked as consumed together with all
their effects, so that a killed worker leaves nothing half done and no verdict is applied twice.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from detections.alerts.delivery.enqueue import notify
from detections.alerts.episode import store
from detections.alerts.episode.state import EpisodeTiming, Observation, Outcome, State, before_next_slot
from detections.alerts.episode.transitions import apply
from detections.alerts.handling.disabled_modes import DISABLED
from detections.alerts.models import Delivery, ScopeSuppression
from detections.rules.active_rules import spec_of
from detections.rules.models import Rule, RuleVersion, Scope, Verdict

logger = logging.getLogger(__name__)

SCOPES_AT_ONCE = 500
# Rules write a verdict for every slot of a settling scope. Flapping ends after 20 slots; ten more bridge a delay.
SETTLING = timedelta(minutes=30)
SETTLING_RENEWED_BELOW = timedelta(minutes=25)


def consume(now: datetime) -> int:
    """Applies all unconsumed verdicts of scopes that no other worker has locked; returns how many were applied.

    A scope for which this raises is logged and skipped.
    """
    applied, tried = 0, set[int]()
    while waiting := [scope for scope in _waiting() if scope not in tried]:
        tried.update(waiting)
        for scope in waiting:
            try:
                applied += consume_scope(scope, now)
            except Exception:
                logger.exception("verdicts of scope %s could not be applied; they stay for the next run", scope)
    return applied


def consume_scope(scope_id: int, now: datetime) -> int:
    """Applies one scope's unconsumed verdicts; returns how many, 0 when another worker has locked it."""
    with transaction.atomic():
        scope = (
            Scope.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("rule", "project_environment__project")
            .filter(pk=scope_id)
            .first()
        )
        if scope is None:
            return 0
        locked = store.load(scope)
        verdicts = _unconsumed(scope)
        for verdict in verdicts:
            _apply(locked, verdict, now)
        Verdict.objects.filter(pk__in=[verdict.pk for verdict in verdicts]).update(consumed_at=now)
        return len(verdicts)


def timing_of(version: RuleVersion) -> EpisodeTiming:
    """The times of the version that judged the slot; the defaults where it is no longer readable."""
    spec = spec_of(version)
    if spec is None:
        return EpisodeTiming()
    return EpisodeTiming(
        fire_after=timedelta(minutes=spec.for_minutes), keep_firing=timedelta(minutes=spec.keep_firing_minutes)
    )


def _waiting() -> list[int]:
    rows = Verdict.objects.filter(consumed_at__isnull=True).values("scope_id").annotate(first=Min("id"))
    return [row["scope_id"] for row in rows.order_by("first")[:SCOPES_AT_ONCE]]


def _unconsumed(scope: Scope) -> list[Verdict]:
    """In order of id; after an outage of a day some 1,440."""
    rows = Verdict.objects.filter(scope=scope, consumed_at__isnull=True).order_by("id")
    return list(rows.select_related("evaluation__version", "evaluation__evidence"))


def _apply(locked: store.LockedScope, verdict: Verdict, now: datetime) -> None:
    evaluation = verdict.evaluation
    before = locked.state
    result = apply(before, _observation(verdict, locked.scope.rule), timing_of(evaluation.version))
    locked.state = before_next_slot(result.state)
    if before.suppressed is not None and result.state.suppressed is None:
        ScopeSuppression.objects.filter(scope=locked.scope).delete()
    if result.state.episode is None:
        if locked.alert is not None:
            store.log_slot(locked.alert, result.changes, evaluation, now)
        _keep_settling(locked, verdict, now)
        return
    if before.last_slot is not None and evaluation.slot_end < before.last_slot and not result.changes:
        return
    if before.episode is None or locked.alert is None:
        locked.alert = store.new_alert(locked.scope, evaluation)
    alert = locked.alert
    if result.state.episode.severity == evaluation.severity:
        store.take_evidence(alert, evaluation)
    store.write(alert, result.state.episode)
    store.log_slot(alert, result.changes, evaluation, now)
    for notice in result.notices:
        notify(alert, Delivery.Kind(notice.kind), now, for_summary=notice.for_summary)
    _keep_settling(locked, verdict, now)


def _observation(verdict: Verdict, rule: Rule) -> Observation:
    evaluation = verdict.evaluation
    late_by = evaluation.evaluated_at - evaluation.slot_end if evaluation.late else None
    return Observation(
        slot_end=evaluation.slot_end,
        outcome=Outcome(evaluation.outcome),
        severity=evaluation.severity or 0,
        late_by=late_by,
        shadow=evaluation.shadow or rule.mode in DISABLED,
        seen_at=evaluation.seen_at,
    )


def _keep_settling(locked: store.LockedScope, verdict: Verdict, now: datetime) -> None:
    """Keeps the scope settling while it has an episode or a suppression: then rules write a verdict for every slot."""
    state: State = locked.state
    if state.episode is None and state.suppressed is None:
        return
    slot, until = verdict.evaluation.slot_end, locked.scope.settling_until
    if verdict.evaluation.late:  # the episode that it opened ends by later slots
        slot = max(slot, now)
    if until is None or until - slot < SETTLING_RENEWED_BELOW:
        locked.scope.settling_until = slot + SETTLING
        locked.scope.save(update_fields=["settling_until"])
