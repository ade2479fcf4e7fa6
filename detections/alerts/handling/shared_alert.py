"""Alerts in a flood: of one rule in one project environment, the scopes beyond the first few share one alert.

The first OWN_ALERTS scopes that fire WITHIN five minutes have alerts of their own. The others are members of one alert,
whose group is `(more)`: it fires as long as any member does, in the severity of the severest. Its verdicts are applied
together, in one transaction under the environment's lock, by the same state machine as any other's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from detections.alerts.causes import store as causes
from detections.alerts.episode import store
from detections.alerts.episode.state import Change, Observation, Outcome, State
from detections.alerts.episode.transitions import apply
from detections.alerts.handling.group_messages import GroupMessages
from detections.alerts.handling.slots import (
    SETTLING,
    SETTLING_RENEWED_BELOW,
    newest_slot,
    observation_of,
    take_slot,
    timing_of,
    unconsumed,
)
from detections.alerts.models import Alert, AlertMember, ScopeSuppression
from detections.rules.models import Evaluation, Rule, Scope, Verdict
from detections.telemetry.routes import MORE

OWN_ALERTS = 20
WITHIN = timedelta(minutes=5)
DECIDED = {Evaluation.Outcome.FIRING, Evaluation.Outcome.CLEAR}


class FloodKey(NamedTuple):
    """What alerts are bounded by."""

    rule_id: int
    project_environment_id: int


class SharedRun(NamedTuple):
    """The number of verdicts that were applied, and the scopes that have or may open alerts of their own."""

    applied: int
    others: list[int]


def may_open(scope: Scope, evaluation: Evaluation) -> bool:
    """Whether the scope may open an alert of its own. Of several workers only one is told at a time: the others wait
    until its transaction ends."""
    key = FloodKey(scope.rule_id, scope.project_environment_id)
    causes.lock(key.project_environment_id)
    if members().filter(scope=scope).exists():
        return False
    recent = {pk for pk, _ in _opened(key, evaluation.evaluated_at)}
    return scope.pk in recent or len(recent) < OWN_ALERTS


def firing_members() -> QuerySet[AlertMember]:
    """The members that fire, also those of an alert that was resolved by hand."""
    return AlertMember.objects.filter(cleared_at__isnull=True)


def members() -> QuerySet[AlertMember]:
    """The members that fire, or whose alert is open."""
    return AlertMember.objects.filter(Q(cleared_at__isnull=True) | Q(alert__dedup_key__isnull=False))


def shared(keys: Collection[FloodKey]) -> set[FloodKey]:
    """Those of the keys that have members. One query."""
    rows = (
        members()
        .filter(alert__rule__in={key.rule_id for key in keys})
        .values_list("alert__rule_id", "alert__project_environment_id")
    )
    return {FloodKey(*row) for row in rows.distinct()} & set(keys)


@transaction.atomic
def consume_shared(key: FloodKey, scope_ids: Collection[int], now: datetime) -> SharedRun:
    """Applies the verdicts of the scopes that are members, or become members because no alert of their own may open.

    A fixed number of queries for any number of scopes. Scopes that another worker has locked are left out; all of them
    while another has the scope of `(more)`.
    """
    causes.lock(key.project_environment_id)
    scopes = Scope.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=scope_ids).in_bulk()
    rule = Rule.objects.get(pk=key.rule_id)
    waiting = unconsumed(scopes)
    known = set(members().filter(scope__in=waiting).values_list("scope_id", flat=True))
    joining = _joining(key, rule, {pk: rows for pk, rows in waiting.items() if pk not in known})
    verdicts = sorted(
        (verdict for pk in known | joining for verdict in waiting[pk]),
        key=lambda verdict: (verdict.evaluation.slot_end, verdict.pk),
    )
    if verdicts:
        scope = _free_scope(key, now)
        if scope is None:
            return SharedRun(0, [])
        _Shared(scope, now).take(verdicts)
        ScopeSuppression.objects.filter(scope__in=joining).delete()
        Verdict.objects.filter(pk__in=[verdict.pk for verdict in verdicts]).update(consumed_at=now)
    return SharedRun(len(verdicts), [pk for pk in scopes if pk not in known and pk not in joining])


def _free_scope(key: FloodKey, now: datetime) -> Scope | None:
    """The scope of `(more)`, locked; None where another worker has it. Not waited for: its id may lie between those of
    scopes that are locked here, and another worker that locks in order of id would wait for these."""
    Scope.objects.get_or_create(**key._asdict(), group_key=MORE, defaults={"created_at": now})
    rows = Scope.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return rows.select_related("rule", "project_environment__project").filter(**key._asdict(), group_key=MORE).first()


def _opened(key: FloodKey, at: datetime) -> list[tuple[int, datetime]]:
    """The scopes that opened alerts of their own since WITHIN before a time of judging, and when."""
    rows = Alert.objects.filter(**key._asdict(), detected_at__gt=at - WITHIN).exclude(group_key=MORE)
    return [(scope, at) for scope, at in rows.values_list("scope_id", "detected_at") if at is not None]


def _joining(key: FloodKey, rule: Rule, waiting: Mapping[int, Sequence[Verdict]]) -> set[int]:
    """The scopes whose verdicts would open an alert although OWN_ALERTS have opened; the first keep the free ones."""
    newest = {
        alert.scope_id: alert
        for alert in Alert.objects.filter(scope__in=waiting).order_by("scope_id", "-id").distinct("scope_id")
    }
    suppressed = dict(ScopeSuppression.objects.filter(scope__in=waiting).values_list("scope_id", "severity"))
    opening = [
        (at, pk)
        for pk, verdicts in waiting.items()
        if (at := _opening(_state_of(newest.get(pk), suppressed.get(pk)), verdicts, rule)) is not None
    ]
    if not opening:
        return set()
    opened = _opened(key, min(at for at, _ in opening))
    joining = set()
    for at, pk in opening:
        recent = {scope for scope, moment in opened if moment > at - WITHIN}
        if pk in recent or len(recent) < OWN_ALERTS:
            opened.append((pk, at))
        else:
            joining.add(pk)
    return joining


def _state_of(newest: Alert | None, suppressed: int | None) -> State | None:
    """The state of a scope by its newest alert; None while that is open."""
    if newest is None:
        return State(suppressed=suppressed)
    if newest.dedup_key is not None:
        return None
    return State(None, suppressed, newest.last_slot, tuple(newest.flips), notified=newest.severity)


def _opening(state: State | None, verdicts: Iterable[Verdict], rule: Rule) -> datetime | None:
    """When the verdict was judged that opens an episode; None where none does, and where one is open."""
    if state is None:
        return None
    for verdict in verdicts:
        evaluation = verdict.evaluation
        result = apply(state, observation_of(evaluation, rule), timing_of(evaluation.version))
        if result.state.episode is not None:
            return evaluation.evaluated_at
        state = result.state
    return None


@dataclass
class _Shared:
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
