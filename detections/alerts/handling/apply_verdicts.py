"""Applies what the rules judged: verdicts become episodes, log rows and queued messages, each exactly once.

A scope is one transaction: its unconsumed verdicts are applied in order of id and marked consumed together with all
that they caused, so a worker that is killed leaves nothing half done and a second one finds nothing to do twice.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from detections.alerts.delivery.enqueue import notify
from detections.alerts.episode import store
from detections.alerts.episode.state import Observation, Outcome, Policy, State, settled
from detections.alerts.episode.transitions import apply
from detections.alerts.handling.disabled_modes import DISABLED
from detections.alerts.models import Delivery, ScopeSuppression
from detections.rules.active_rules import spec_of
from detections.rules.models import Rule, RuleVersion, Scope, Verdict

logger = logging.getLogger(__name__)

SCOPES_AT_ONCE = 500
# The rules tell every slot of a settling scope. Flapping needs 20 quiet slots to end; ten more bridge a delay.
SETTLING = timedelta(minutes=30)
SETTLING_RENEWED_BELOW = timedelta(minutes=25)


def consume(now: datetime) -> int:
    """Apply all unconsumed verdicts that no other worker holds; returns how many were applied.

    A scope whose verdicts cannot be applied is reported in the log and left as it is; it holds up no other.
    """
    applied, looked_at = 0, set[int]()
    while waiting := [scope for scope in _waiting() if scope not in looked_at]:
        looked_at.update(waiting)
        for scope in waiting:
            try:
                applied += consume_scope(scope, now)
            except Exception:
                logger.exception("verdicts of scope %s could not be applied; they stay for the next run", scope)
    return applied


def consume_scope(scope_id: int, now: datetime) -> int:
    """Apply one scope's unconsumed verdicts; 0 when another worker holds it."""
    with transaction.atomic():
        scope = (
            Scope.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
            .select_related("rule", "project_environment__project")
            .filter(pk=scope_id)
            .first()
        )
        if scope is None:
            return 0
        board = store.load(scope)
        verdicts = _unconsumed(scope)
        for verdict in verdicts:
            _apply(board, verdict, now)
        Verdict.objects.filter(pk__in=[verdict.pk for verdict in verdicts]).update(consumed_at=now)
        return len(verdicts)


def policy_of(version: RuleVersion) -> Policy:
    """How patient the version that judged the slot is; as patient as most where it can no longer be read."""
    spec = spec_of(version)
    if spec is None:
        return Policy()
    return Policy(
        fire_after=timedelta(minutes=spec.for_minutes), keep_firing=timedelta(minutes=spec.keep_firing_minutes)
    )


def _waiting() -> list[int]:
    rows = Verdict.objects.filter(consumed_at__isnull=True).values("scope_id").annotate(first=Min("id"))
    return [row["scope_id"] for row in rows.order_by("first")[:SCOPES_AT_ONCE]]


def _unconsumed(scope: Scope) -> list[Verdict]:
    """In order of id; after a day's outage some 1,440."""
    rows = Verdict.objects.filter(scope=scope, consumed_at__isnull=True).order_by("id")
    return list(rows.select_related("evaluation__version", "evaluation__evidence"))


def _apply(board: store.Board, verdict: Verdict, now: datetime) -> None:
    evaluation = verdict.evaluation
    before = board.state
    result = apply(before, _observation(verdict, board.scope.rule), policy_of(evaluation.version))
    board.state = settled(result.state)
    if before.suppressed is not None and result.state.suppressed is None:
        ScopeSuppression.objects.filter(scope=board.scope).delete()
    if result.state.episode is None:
        if board.alert is not None:
            store.log_slot(board.alert, result.changes, evaluation, now)
        _keep_settling(board, verdict, now)
        return
    if before.last_slot is not None and evaluation.slot_end < before.last_slot and not result.changes:
        return
    if before.episode is None or board.alert is None:
        board.alert = store.new_alert(board.scope, evaluation)
    alert = board.alert
    if result.state.episode.severity == evaluation.severity:
        store.take_evidence(alert, evaluation)
    store.write(alert, result.state.episode)
    store.log_slot(alert, result.changes, evaluation, now)
    for notice in result.notices:
        notify(alert, Delivery.Kind(notice.kind), now, for_summary=notice.for_summary)
    _keep_settling(board, verdict, now)


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


def _keep_settling(board: store.Board, verdict: Verdict, now: datetime) -> None:
    """While there is an episode or a suppression, the rules are to tell every slot, also a clear one."""
    state: State = board.state
    if state.episode is None and state.suppressed is None:
        return
    slot, until = verdict.evaluation.slot_end, board.scope.settling_until
    if verdict.evaluation.late:  # what it opened ends by slots that are still to come
        slot = max(slot, now)
    if until is None or until - slot < SETTLING_RENEWED_BELOW:
        board.scope.settling_until = slot + SETTLING
        board.scope.save(update_fields=["settling_until"])
