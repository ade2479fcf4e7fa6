"""Estimates each hour's baselines of all scopes, also quiet ones: charts draw what would be decided on."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.rules import baselines
from detections.rules.evaluate import lock
from detections.rules.inforce import environments, rules_in_force
from detections.rules.models import Scope
from opsconsole.lib.clock import floor_hour


def refresh_all(now: datetime) -> int:
    """Estimate the going hour for every scope that lacks it; returns how many."""
    number = 0
    while some := refresh(now):
        number += some
    return number


@transaction.atomic
def refresh(now: datetime) -> int:
    """Estimate the going hour for some scopes that lack it; returns how many, 0 when all have it."""
    hour = floor_hour(now)
    rules = {r.rule.id: r for r in rules_in_force() if r.spec.exceedance}
    places = environments()
    lacking = list(
        Scope.objects.filter(rule__in=list(rules), project_environment__in=list(places))
        .exclude(baselines__hour=hour)
        .order_by("id")[: baselines.AT_ONCE]
    )
    if lacking:
        lock()
        baselines.estimate(lacking, rules, places, hour)
    return len(lacking)
