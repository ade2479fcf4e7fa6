"""One judged slot applied to the alert of a scope: episode, log rows and queued messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from detections.alerts.delivery_models import Delivery
from detections.alerts.episode import store
from detections.alerts.episode.state import (
    Change,
    EpisodeTiming,
    NoticeKind,
    Observation,
    Outcome,
    TransitionResult,
    before_next_slot,
)
from detections.alerts.episode.transitions import apply
from detections.alerts.handling.disabled_modes import DISABLED
from detections.alerts.handling.group_messages import AlertNotice, GroupMessages
from detections.alerts.models import Alert, ScopeSuppression
from detections.rules.active_rules import spec_of
from detections.rules.models import Evaluation, Rule, RuleVersion, Verdict

# Rules write a verdict for every slot of a settling scope. Flapping ends after 20 slots; ten more bridge a delay.
SETTLING = timedelta(minutes=30)
SETTLING_RENEWED_BELOW = timedelta(minutes=25)
ESCALATED = (NoticeKind.FIRING, NoticeKind.SEVERITY)  # notices with which an escalation begins


def timing_of(version: RuleVersion) -> EpisodeTiming:
    """The times of the version that judged the slot; the defaults where it is no longer readable."""
    spec = spec_of(version)
    if spec is None:
        return EpisodeTiming()
    return EpisodeTiming(
        fire_after=timedelta(minutes=spec.for_minutes), keep_firing=timedelta(minutes=spec.keep_firing_minutes)
    )


def observation_of(evaluation: Evaluation, rule: Rule) -> Observation:
    """The slot as the state machine takes it."""
    return Observation(
        slot_end=evaluation.slot_end,
        outcome=Outcome(evaluation.outcome),
        severity=evaluation.severity or 0,
        late_by=evaluation.evaluated_at - evaluation.slot_end if evaluation.late else None,
        shadow=evaluation.shadow or rule.mode in DISABLED,
        seen_at=evaluation.seen_at,
    )


def unconsumed(scope_ids: Collection[int], *related: str) -> dict[int, list[Verdict]]:
    """By scope, its unconsumed verdicts in order of id with their evaluations and `related` rows, the scope with the
    oldest first. Versions are loaded once each."""
    rows = Verdict.objects.filter(scope__in=scope_ids, consumed_at__isnull=True).order_by("id")
    versions: dict[int, RuleVersion] = {}
    waiting: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in rows.select_related("evaluation", *related):
        evaluation = verdict.evaluation
        if evaluation.version_id not in versions:
            versions[evaluation.version_id] = evaluation.version
        evaluation.version = versions[evaluation.version_id]
        waiting[verdict.scope_id].append(verdict)
    return waiting


def newest_slot(verdicts: Sequence[Verdict], now: datetime) -> datetime:
    """The newest slot of the verdicts; where one is late, `now` if that is later."""
    slot = max(v.evaluation.slot_end for v in verdicts)
    return max(slot, now) if any(v.evaluation.late for v in verdicts) else slot


def transition(locked: store.LockedScope, observation: Observation, evaluation: Evaluation) -> TransitionResult:
    """What the slot makes of the scope's state. Changes nothing."""
    return apply(locked.state, observation, timing_of(evaluation.version))


def take_slot(
    locked: store.LockedScope,
    observation: Observation,
    evaluation: Evaluation,
    messages: GroupMessages,
    *,
    also: Sequence[Change] = (),
    members: int | None = None,
) -> None:
    """Applies the slot to the locked scope, whose alert the caller has to `store.save`, and then to flush the messages.
    `evaluation` is its evidence; `also` are further log rows, `members` the number of scopes that fire within a shared
    alert."""
    now = messages.now
    before = locked.state
    result = transition(locked, observation, evaluation)
    changes = (*result.changes, *also)
    locked.state = before_next_slot(result.state)
    if before.suppressed is not None and result.state.suppressed is None:
        ScopeSuppression.objects.filter(scope=locked.scope).delete()
    if result.state.episode is None:
        if locked.alert is not None:
            store.log_slot(locked.alert, changes, evaluation, now)
        return
    if before.last_slot is not None and evaluation.slot_end < before.last_slot and not changes:
        return
    if before.episode is None or locked.alert is None:
        store.save([locked])  # the row of the one before: of two open ones the second is refused
        locked.alert = store.new_alert(locked.scope, evaluation)
    locked.alert.members_firing = members
    _write(locked, locked.alert, result, changes, evaluation, messages)


def _write(
    locked: store.LockedScope,
    alert: Alert,
    result: TransitionResult,
    changes: Sequence[Change],
    evaluation: Evaluation,
    messages: GroupMessages,
) -> None:
    """Keeps the episode that the slot left, and writes its log rows and messages."""
    if result.state.episode is None:
        return
    if result.state.episode.severity == evaluation.severity:
        store.take_evidence(alert, evaluation)
    store.write(alert, result.state.episode)
    locked.unsaved = True
    if alert._state.adding:
        store.save([locked])
    store.log_slot(alert, changes, evaluation, messages.now)
    for notice in result.notices:
        messages.tell(AlertNotice(alert, Delivery.Kind(notice.kind), for_summary=notice.for_summary))
    if locked.state.episode is not None and alert.handling == Alert.Handling.ACKNOWLEDGED:
        locked.state = replace(locked.state, episode=replace(locked.state.episode, acknowledged=True))
