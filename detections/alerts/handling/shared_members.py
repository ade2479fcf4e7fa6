"""The members of a shared alert and their verdicts, slot by slot; which scopes share one, `shared_alert` says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from detections.alerts.episode import store
from detections.alerts.episode.state import Change, Observation, Outcome
from detections.alerts.handling.group_messages import GroupMessages
from detections.alerts.handling.slots import (
    SETTLING,
    SETTLING_RENEWED_BELOW,
    newest_slot,
    observation_of,
    take_slot,
)
from detections.alerts.models import Alert, AlertMember, ScopeSuppression
from detections.rules.models import Evaluation, Scope, Verdict

DECIDED = {Evaluation.Outcome.FIRING, Evaluation.Outcome.CLEAR}


@dataclass
class SharedMembers:
    """The shared alert of a rule and environment with its firing members, locked."""

    scope: Scope
    now: datetime
    locked: store.LockedScope = field(init=False)
    messages: GroupMessages = field(init=False)
    rows: dict[int, AlertMember] = field(init=False)  # by scope: those that fire, and those whose verdicts are applied
    joined: int = 0

    def take(self, verdicts: Sequence[Verdict]) -> None:
        """Applies the verdicts, which are in order of slots."""
        self.messages = GroupMessages(self.now, later=True)  # when its members are written
        self._load({verdict.scope_id for verdict in verdicts}, newest_slot(verdicts, self.now))
        by_slot: dict[datetime, list[Verdict]] = defaultdict(list)
        for verdict in verdicts:
            by_slot[verdict.evaluation.slot_end].append(verdict)
        for of_slot in by_slot.values():
            self._apply(of_slot)
        store.save([self.locked])
        self._write()
        self.messages.flush()
        if self.joined and self.locked.alert is not None:
            self.messages.grown(self.locked.alert)
        self._keep_settling(verdicts)

    def _load(self, scope_ids: set[int], slot: datetime) -> None:
        (self.locked,) = store.load([self.scope])
        of_alert = AlertMember.objects.filter(alert__scope=self.scope)
        self._clear_forgotten(of_alert, slot)
        current = Q(cleared_at__isnull=True)
        if self.locked.alert is not None:
            current |= Q(alert=self.locked.alert, scope__in=scope_ids)
        self.rows = {row.scope_id: row for row in of_alert.filter(current).order_by("alert_id")}
        if self.locked.state.suppressed is not None and not self._firing():  # what it was suppressed for has ended
            ScopeSuppression.objects.filter(scope=self.scope).delete()
            self.locked.state = replace(self.locked.state, suppressed=None)

    def _clear_forgotten(self, of_alert: QuerySet[AlertMember], slot: datetime) -> None:
        """Members whose scopes no longer settle are clear: no verdict will say so, since their project or rule was
        disabled meanwhile, or slots were skipped."""
        verdicts = Verdict.objects.filter(scope=OuterRef("scope"), consumed_at__isnull=True)
        forgotten = of_alert.filter(~Exists(verdicts), cleared_at__isnull=True, scope__settling_until__lt=slot)
        of_alert.filter(pk__in=forgotten.values("pk")).update(cleared_at=slot)

    def _apply(self, verdicts: Sequence[Verdict]) -> None:
        """One slot: first the members, then the alert, of which the severest firing evaluation is the evidence."""
        joined = self.joined
        for verdict in verdicts:
            self._take(verdict)
        firing = self._firing()
        evaluation = max((v.evaluation for v in verdicts), key=lambda e: (e.severity or 0, e.count or 0))
        decided = any(v.evaluation.outcome in DECIDED for v in verdicts)
        outcome = Outcome.NO_DATA if not decided else Outcome.FIRING if firing else Outcome.CLEAR
        late = all(v.evaluation.late for v in verdicts)
        observation = Observation(
            slot_end=evaluation.slot_end,
            outcome=outcome,
            severity=max((row.slot_severity for row in firing), default=0),
            late_by=evaluation.evaluated_at - evaluation.slot_end if late else None,
            seen_at=min(v.evaluation.seen_at for v in verdicts),
        )
        changes = []
        if self.joined > joined:
            changes.append(Change("joined", "", f"{self.joined - joined} more joined", f"{len(firing)} fire"))
        take_slot(self.locked, observation, evaluation, self.messages, also=changes, members=len(firing))

    def _take(self, verdict: Verdict) -> None:
        evaluation = verdict.evaluation
        row = self.rows.get(verdict.scope_id)
        shadow = observation_of(evaluation, self.locked.scope.rule).shadow
        if shadow or evaluation.outcome != Evaluation.Outcome.FIRING:
            over = shadow or evaluation.outcome == Evaluation.Outcome.CLEAR
            if row is not None and row.cleared_at is None and over and evaluation.slot_end >= row.last_firing_at:
                row.cleared_at = evaluation.slot_end
            return
        severity = evaluation.severity or 0
        if row is None:
            row = AlertMember(scope_id=verdict.scope_id, joined_at=evaluation.slot_end, severity=0)
            self.rows[verdict.scope_id] = row
            self.joined += 1
        if (severity, evaluation.count or 0) >= (row.severity, row.count or 0):
            row.severity, row.count, row.evidence_id = severity, evaluation.count, evaluation.evidence_id
        row.slot_severity, row.cleared_at = severity, None
        row.last_firing_at = max(row.last_firing_at or evaluation.slot_end, evaluation.slot_end)

    def _firing(self) -> list[AlertMember]:
        return [row for row in self.rows.values() if row.cleared_at is None]

    def _fires(self, scope_id: int) -> bool:
        row = self.rows.get(scope_id)
        return row is not None and row.cleared_at is None

    def _write(self) -> None:
        """Members of an alert that has ended since, and fire, are listed by the new one too."""
        alert = self.locked.alert
        if alert is None:  # the machine opens one with the first firing slot, and keeps the newest
            return
        moved = [row for row in self.rows.values() if row.pk and row.alert_id != alert.pk]
        if moved:
            ended = Alert.objects.filter(pk=OuterRef("alert")).values("resolved_at")
            AlertMember.objects.filter(pk__in=[row.pk for row in moved]).update(cleared_at=Subquery(ended))
        for row in moved:
            row.pk = None
        for row in self.rows.values():
            row.alert = alert
        AlertMember.objects.bulk_create(
            self.rows.values(),
            update_conflicts=True,
            unique_fields=["alert", "scope"],
            update_fields=["severity", "slot_severity", "count", "evidence", "last_firing_at", "cleared_at"],
        )

    def _keep_settling(self, verdicts: Sequence[Verdict]) -> None:
        """Rules write a verdict for every slot of a member until it is clear, and until the alert has ended."""
        slot = newest_slot(verdicts, self.now)
        # Only those that are locked: another worker may have one of the others, and wait for this one.
        ending_alert = self.locked.state.episode is not None and not self._firing()
        needed = {v.scope_id for v in verdicts if ending_alert or self._fires(v.scope_id)}
        ending = Q(settling_until__isnull=True) | Q(settling_until__lt=slot + SETTLING_RENEWED_BELOW)
        Scope.objects.filter(ending, pk__in=needed).update(settling_until=slot + SETTLING)
