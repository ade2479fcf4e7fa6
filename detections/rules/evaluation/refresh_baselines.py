"""Estimates each hour's baselines of all scopes, also quiet ones: charts draw what would be decided on.

Never while a judge waits: turns are short, claim their scopes and do not take the judge's lock. Until a scope has its
turn it is judged by the estimate before, or by floors (`hourly_baselines.in_force`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hourly_baselines
from detections.rules.models import Baseline, Scope
from detections.telemetry.routes import MORE
from opsconsole.lib.clock import floor_hour

# Scopes of one turn: a judge that has one of them to update waits for the turn's end.
AT_ONCE = 50


def refresh_all(clock: Callable[[], datetime], limit: timedelta) -> int:
    """Estimate the running hour for scopes that lack it until none does or the time is up; returns how many."""
    now = clock()
    number, end = 0, now + limit
    while some := refresh(now):
        number += some
        if clock() >= end:
            break
    return number


@transaction.atomic
def refresh(now: datetime) -> int:
    """Estimate the running hour for some scopes that lack it; returns how many, 0 when all have it or are claimed.

    Rules are read again once the scopes are claimed: a version that counts otherwise is published either before, or
    after this turn and forgets what it has counted.
    """
    hour, places = floor_hour(now), environments()
    known = {r.rule.id: r.rule.identifier for r in rules_in_force() if r.spec.exceedance}
    claimed = _claim(known, places, hour)
    if claimed:
        rules = {r.rule.id: r for r in rules_in_force({known[scope.rule_id] for scope in claimed})}
        hourly_baselines.estimate([s for s in claimed if s.rule_id in rules], rules, places, hour)
    return len(claimed)


def _claim(rules: Collection[int], places: Collection[int], hour: datetime) -> list[Scope]:
    """Scopes without an estimate of the hour by the current version, locked; those never estimated first."""
    estimated = Baseline.objects.filter(scope=OuterRef("pk"), hour=hour, version=OuterRef("rule__current"))
    # MORE counts nothing: it is of alerts that scopes share.
    counting = Scope.objects.exclude(group_key=MORE).filter(rule__in=rules, project_environment__in=list(places))
    lacking = counting.filter(~Exists(estimated))
    # Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes.
    locked = lacking.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.order_by(F("cells_until").asc(nulls_first=True), "id")[:AT_ONCE])
