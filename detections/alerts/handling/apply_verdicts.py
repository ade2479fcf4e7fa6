"""Applies verdicts of the rules to alerts: episodes, log rows and queued messages, each verdict exactly once.

In one transaction a scope's unconsumed verdicts are applied in order of id and marked as consumed together with all
their effects, so that a killed worker leaves nothing half done and no verdict is applied twice. The scopes of one rule
and environment share a transaction, and are tried one by one where it fails. Locks are taken in this order: scopes
(those that are locked are left out), alerts by id, the environment (`causes.store.lock`). Scopes that share one alert
in a flood are applied together (`shared_alert`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import takewhile
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min

from detections.alerts.episode import store
from detections.alerts.handling import shared_alert
from detections.alerts.handling.group_messages import GroupMessages
from detections.alerts.handling.shared_alert import OWN_ALERTS, FloodKey, SharedRun
from detections.alerts.handling.slots import (
    SETTLING,
    SETTLING_RENEWED_BELOW,
    observation_of,
    take_slot,
    transition,
    unconsumed,
)
from detections.rules.models import Scope, Verdict

logger = logging.getLogger(__name__)

SCOPES_AT_ONCE = 500


class Applied(NamedTuple):
    """How many verdicts were applied, and the scopes that wait: the next verdict opens an alert, and none of their own
    may open."""

    verdicts: int
    waiting: list[int]


def consume(now: datetime) -> int:
    """Applies all unconsumed verdicts of scopes that no other worker has locked; returns how many were applied.

    A scope for which this raises is logged and skipped.
    """
    applied, tried = 0, set[int]()
    while waiting := _waiting(tried):
        tried.update(waiting)
        by_key: dict[FloodKey, list[int]] = defaultdict(list)
        for scope, key in waiting.items():
            by_key[key].append(scope)
        sharing = shared_alert.shared(by_key)
        for key, scopes in by_key.items():
            if key in sharing or len(scopes) > OWN_ALERTS:
                tried.update(more := _waiting_of(key))
                applied += _consume_flood(key, more, now)
            else:
                applied += _consume_each(key, scopes, now)
    return applied


@transaction.atomic
def consume_scopes(scope_ids: Sequence[int], now: datetime) -> Applied:
    """Applies the unconsumed verdicts of scopes of one rule and environment, except those that another worker has
    locked. A fixed number of queries, and some for each alert that opens or changes its status."""
    scopes = (
        Scope.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("rule", "project_environment__project")
        .order_by("pk")
        .in_bulk(scope_ids)
    )
    verdicts = unconsumed(scopes, "evaluation__evidence")
    locked = store.load([scopes[pk] for pk in verdicts])
    settled = {pk: scope.settling_until for pk, scope in scopes.items()}
    done: list[int] = []
    waiting: list[int] = []
    messages = GroupMessages(now, save=partial(store.save, locked))
    for each in locked:
        of_scope = verdicts[each.scope.pk]
        applied = [verdict.pk for verdict in takewhile(partial(_apply, each, messages=messages), of_scope)]
        done += applied
        if len(applied) < len(of_scope):
            waiting.append(each.scope.pk)
    store.save(locked)
    messages.flush()
    _save_settling(scopes.values(), settled)
    Verdict.objects.filter(pk__in=done).update(consumed_at=now)
    return Applied(len(done), waiting)


def _consume_flood(key: FloodKey, scopes: list[int], now: datetime) -> int:
    run = _consume_shared(key, scopes, now)
    return run.applied + _consume_each(key, run.others, now)


def _consume_shared(key: FloodKey, scopes: list[int], now: datetime) -> SharedRun:
    try:
        return shared_alert.consume_shared(key, scopes, now)
    except Exception:
        logger.exception("verdicts of %s could not be applied together; they stay for the next run", key)
        return SharedRun(0, [])


def _consume_each(key: FloodKey, scopes: list[int], now: datetime) -> int:
    done = [_consume_some(scopes[first : first + OWN_ALERTS], now) for first in range(0, len(scopes), OWN_ALERTS)]
    waiting = [scope for each in done for scope in each.waiting]
    applied = sum(each.verdicts for each in done)
    return applied + (_consume_shared(key, waiting, now).applied if waiting else 0)


def _consume_some(scopes: Sequence[int], now: datetime) -> Applied:
    try:
        return consume_scopes(scopes, now)
    except Exception:
        if len(scopes) == 1:
            logger.exception("verdicts of scope %s could not be applied; they stay for the next run", scopes[0])
            return Applied(0, [])
    alone = [_consume_some([scope], now) for scope in scopes]
    return Applied(sum(each.verdicts for each in alone), [scope for each in alone for scope in each.waiting])


def _waiting(tried: Collection[int]) -> dict[int, FloodKey]:
    """By scope that was not tried, what its alerts are bounded by; the scopes with the oldest verdicts first."""
    rows = (
        Verdict.objects.filter(consumed_at__isnull=True)
        .exclude(scope__in=tried)
        .values_list("scope_id", "scope__rule_id", "scope__project_environment_id")
    )
    oldest = rows.annotate(first=Min("id")).order_by("first")[:SCOPES_AT_ONCE]
    return {scope: FloodKey(rule, environment) for scope, rule, environment, _ in oldest}


def _waiting_of(key: FloodKey) -> list[int]:
    """All scopes of the key with unconsumed verdicts, those with the oldest first."""
    rows = Verdict.objects.filter(
        consumed_at__isnull=True, scope__rule=key.rule_id, scope__project_environment=key.project_environment_id
    )
    return [row["scope_id"] for row in rows.values("scope_id").annotate(first=Min("id")).order_by("first")]


def _apply(locked: store.LockedScope, verdict: Verdict, messages: GroupMessages) -> bool:
    """False where the verdict would open an alert, and none of the scope's own may open; then nothing has changed."""
    evaluation = verdict.evaluation
    observation = observation_of(evaluation, locked.scope.rule)
    opens = locked.state.episode is None and transition(locked, observation, evaluation).state.episode is not None
    if opens and not shared_alert.may_open(locked.scope, evaluation):
        return False
    take_slot(locked, observation, evaluation, messages)
    _renew_settling(locked, verdict, messages.now)
    return True


def _renew_settling(locked: store.LockedScope, verdict: Verdict, now: datetime) -> None:
    """Keeps the scope settling while it has an episode or a suppression: then rules write a verdict for every slot."""
    state = locked.state
    if state.episode is None and state.suppressed is None:
        return
    slot, until = verdict.evaluation.slot_end, locked.scope.settling_until
    if verdict.evaluation.late:  # the episode that it opened ends by later slots
        slot = max(slot, now)
    if until is None or until - slot < SETTLING_RENEWED_BELOW:
        locked.scope.settling_until = slot + SETTLING


def _save_settling(scopes: Iterable[Scope], before: Mapping[int, datetime | None]) -> None:
    """Writes `settling_until` where it has changed: to one or two minutes, since a slot is of all scopes."""
    changed: dict[datetime | None, list[int]] = defaultdict(list)
    for scope in scopes:
        if scope.settling_until != before[scope.pk]:
            changed[scope.settling_until].append(scope.pk)
    for until, pks in changed.items():
        Scope.objects.filter(pk__in=pks).update(settling_until=until)
