"""Estimates each hour's baselines of all scopes, also quiet ones: charts draw what would be decided on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hourly_baselines
from detections.rules.evaluation.run_evaluators import lock
from detections.rules.models import Scope
from opsconsole.lib.clock import floor_hour


def refresh_all(clock: Callable[[], datetime], limit: timedelta) -> int:
    """Estimate the running hour for scopes that lack it until none does or the time is up; returns how many. What is
    left the next tick takes: until then a scope is estimated when it is judged."""
    now = clock()
    number, end = 0, now + limit
    while some := refresh(now):
        number += some
        if clock() >= end:
            break
    return number


@transaction.atomic
def refresh(now: datetime) -> int:
    """Estimate the running hour for some scopes that lack it; returns how many, 0 when all have it."""
    hour = floor_hour(now)
    rules = {r.rule.id: r for r in rules_in_force() if r.spec.exceedance}
    places = environments()
    lacking = list(
        Scope.objects.filter(rule__in=list(rules), project_environment__in=list(places))
        .exclude(baselines__hour=hour)
        .order_by("id")[: hourly_baselines.AT_ONCE]
    )
    if lacking:
        lock()
        hourly_baselines.estimate(lacking, rules, places, hour)
    return len(lacking)
