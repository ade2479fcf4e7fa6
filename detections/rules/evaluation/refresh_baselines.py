"""Estimates each hour's baselines of all scopes, also quiet ones: charts draw what would be decided on.

Never while a judge waits: turns are short, claim their scopes and do not take the judge's lock. Until a scope has its
turn it is judged by the estimate before, or by floors (`hourly_baselines.in_force`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from detections.rules.active_rules import environments, rules_in_force
from detections.rules.baseline import hourly_baselines
from detections.rules.models import Baseline, Scope
from detections.telemetry.routes import MORE
from opsconsole.lib.clock import floor_hour

# Scopes of one turn: a judge that has one of them to update waits for the turn's end. Of the first turn, and how few
# and many of those after it, whose number follows from what the turn before took.
FIRST, FEWEST, MOST = 25, 5, 100
WANTED = timedelta(milliseconds=100)


def refresh_all(clock: Callable[[], datetime], limit: timedelta) -> int:
    """Estimate the running hour for scopes that lack it until none does or the time is up; returns how many."""
    number, end = 0, clock() + limit
    for some in turns(clock):
        number += some
        if clock() >= end:
            break
    return number


def turns(clock: Callable[[], datetime]) -> Iterator[int]:
    """One turn a step, until every scope has its hour or is claimed; gives how many scopes it took."""
    known, size = _counting_rules(), FIRST
    while True:
        begun = clock()
        number = _turn(begun, known, size)
        if not number:
            return
        size = next_size(number, clock() - begun)
        yield number


def next_size(number: int, took: timedelta) -> int:
    """How many scopes are expected to take WANTED where `number` took that long; at most twice as many (pure)."""
    fitting = int(number * WANTED / took) if took else MOST
    return max(FEWEST, min(MOST, 2 * number, fitting))


def refresh(now: datetime) -> int:
    """One turn: returns how many scopes it took, 0 when all have the running hour or are claimed."""
    return _turn(now, _counting_rules(), FIRST)


def _counting_rules() -> dict[int, str]:
    """By id, the identifiers of the rules that baselines are estimated for."""
    return {r.rule.id: r.rule.identifier for r in rules_in_force() if r.spec.exceedance}


@transaction.atomic
def _turn(now: datetime, known: Mapping[int, str], most: int) -> int:
    """Estimate the running hour for `most` scopes that lack it; returns how many.

    Rules are read again once the scopes are claimed: a version that counts otherwise is published either before, or
    after this turn and forgets what it has counted.
    """
    hour, places = floor_hour(now), environments()
    claimed = _claim(known, places, hour, most)
    if not claimed:
        return 0
    rules = {r.rule.id: r for r in rules_in_force({known[scope.rule_id] for scope in claimed})}
    # Not those of a rule that was retired meanwhile: they lack the hour for ever, and would be claimed for ever.
    return hourly_baselines.estimate([s for s in claimed if s.rule_id in rules], rules, places, hour)


def _claim(rules: Collection[int], places: Collection[int], hour: datetime, most: int) -> list[Scope]:
    """Scopes without an estimate of the hour by the current version, locked; those never estimated first."""
    estimated = Baseline.objects.filter(scope=OuterRef("pk"), hour=hour, version=OuterRef("rule__current"))
    # MORE counts nothing: it is of alerts that scopes share.
    counting = Scope.objects.exclude(group_key=MORE).filter(rule__in=rules, project_environment__in=list(places))
    lacking = counting.filter(~Exists(estimated))
    # Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes.
    locked = lacking.select_for_update(skip_locked=True, of=("self",), no_key=True)
    return list(locked.order_by(F("cells_until").asc(nulls_first=True), "id")[:most])
