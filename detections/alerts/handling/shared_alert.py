"""Alerts in a flood: of one rule in one project environment, the scopes beyond the first few share one alert.

The first OWN_ALERTS scopes that fire WITHIN five minutes have alerts of their own. The others are members of one alert,
whose group is `(more)`: it fires as long as any member does, in the severity of the severest. Its verdicts are applied
together, in one transaction under the environment's lock, by the same state machine as any other's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from detections.alerts.causes import store as causes
from detections.alerts.episode.state import State
from detections.alerts.episode.transitions import apply
from detections.alerts.handling.shared_members import SharedMembers
from detections.alerts.handling.slots import (
    observation_of,
    timing_of,
    unconsumed,
)
from detections.alerts.models import Alert, AlertMember, ScopeSuppression
from detections.rules.models import Evaluation, Rule, Scope, Verdict
from detections.telemetry.routes import MORE

OWN_ALERTS = 20
WITHIN = timedelta(minutes=5)


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
        SharedMembers(scope, now).take(verdicts)
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
