"""Judges all rules at one slot: reads once for all scopes, decides, writes. The number of queries does not grow with
the number of scopes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from detections.rules import baselines, outcomes, sightings
from detections.rules.counts import ScopeKey, Tally, tally_all
from detections.rules.coverage import Covered
from detections.rules.inforce import InForce, environments, rules_in_force
from detections.rules.judge import READ_MINUTES, Case, Judgment, failed, judge, window_of
from detections.rules.models import Baseline, Evaluation, Scope, Severity
from detections.rules.state import RuleState, States
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.clock import MINUTE, floor_hour

logger = logging.getLogger(__name__)

# One judge at a time: it reads the counts after the lock, so no older reading can overwrite a newer one.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('detections.rules'))"


@dataclass(frozen=True)
class Slot:
    """Which slot is judged and how: `only` these project environments (None: all), `late` after the tick did."""

    end: datetime
    now: datetime
    mode: outcomes.Mode = "final"
    only: Collection[int] | None = None
    late: bool = False

    @property
    def hour(self) -> datetime:
        """The hour that the slot's minute lies in: whose baseline applies."""
        return floor_hour(self.end - MINUTE)


def lock() -> None:
    """Wait for other judges to commit; held until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def evaluate(slot: Slot, identifiers: Collection[str] | None = None) -> int:
    """Judge the slot, for all rules in force or those named; returns how many evaluations were written.

    Call it inside a transaction that has the lock.
    """
    rules = {r.rule.id: r for r in rules_in_force(identifiers)}
    places = environments(slot.only)
    tallies = tally_all(list(rules.values()), places, slot.end - READ_MINUTES * MINUTE, slot.end)
    active = {key: tally for key, tally in tallies.items() if _is_active(tally, rules[key.rule_id])}
    scopes = _scopes(active, rules, places, slot)
    if slot.mode == "rise":
        scopes = _may_rise(scopes, slot)
    if not scopes:
        return 0
    return outcomes.write(_judge_all(scopes, active, rules, places, slot), slot.end, slot.now, slot.mode)


def _is_active(tally: Tally, rule: InForce) -> bool:
    recent = sightings.reach(rule) // MINUTE
    return any(line[-recent:].any() for line in tally.minutes.values())


def _scopes(
    active: Mapping[ScopeKey, Tally],
    rules: Mapping[int, InForce],
    places: Mapping[int, ProjectEnvironment],
    slot: Slot,
) -> dict[ScopeKey, Scope]:
    """The scopes to judge: those with counts (made where they are new), and the restless ones."""
    found = _existing(active)
    new = [Scope(**key._asdict(), created_at=slot.now) for key in active if key not in found]
    if new:
        Scope.objects.bulk_create(new, ignore_conflicts=True)
        found = _existing(active)
    if slot.mode == "final":
        restless = Scope.objects.filter(
            rule__in=list(rules), project_environment__in=list(places), restless_until__gte=slot.end
        )
        found |= {_key(scope): scope for scope in restless}
    return found


def _existing(keys: Collection[ScopeKey]) -> dict[ScopeKey, Scope]:
    if not keys:
        return {}
    rows = Scope.objects.filter(
        rule__in={k.rule_id for k in keys},
        project_environment__in={k.project_environment_id for k in keys},
        group_key__in={k.group_key for k in keys},
    )
    return {key: scope for scope in rows if (key := _key(scope)) in keys}


def _key(scope: Scope) -> ScopeKey:
    return ScopeKey(scope.rule_id, scope.project_environment_id, scope.group_key)


def _may_rise(scopes: Mapping[ScopeKey, Scope], slot: Slot) -> dict[ScopeKey, Scope]:
    """Without those that are told to be critical in this slot already: in a flood there is nothing to look at again."""
    settled = set(
        Evaluation.objects.filter(
            scope__in=[s.id for s in scopes.values()], slot_end=slot.end, severity=Severity.CRITICAL, shadow=False
        ).values_list("scope_id", flat=True)
    )
    return {key: scope for key, scope in scopes.items() if scope.id not in settled}


def _judge_all(
    scopes: Mapping[ScopeKey, Scope],
    active: Mapping[ScopeKey, Tally],
    rules: Mapping[int, InForce],
    places: Mapping[int, ProjectEnvironment],
    slot: Slot,
) -> list[Judgment]:
    linked = {e.environment for e in places.values() if e.environment is not None}
    states = States(list(rules.values()), linked, slot.now)
    sources = {s.source for r in rules.values() for s in r.spec.selector.sources}
    covered = Covered(sources, slot.end - READ_MINUTES * MINUTE, slot.end)
    usual = _baselines(list(scopes.values()), rules, places, slot)
    looked_at = sightings.load({k: t for k, t in active.items() if k in scopes}, rules, slot.end)
    judgments = []
    for key, scope in scopes.items():
        rule, place, tally = rules[key.rule_id], places[key.project_environment_id], active.get(key, Tally())
        state = states.in_project(rule, place)
        source = standing(rule, state, tally, covered, place)
        case = Case(
            scope=scope,
            rule=rule,
            environment=place,
            state=state,
            source=source,
            tally=tally,
            covered=covered.minutes(source, place),
            baseline=usual.get((scope.id, source)),
            sightings=looked_at.of(key),
            complete=looked_at.complete,
            slot_end=slot.end,
            late=slot.late,
        )
        judgments.append(_judge(case))
    return judgments


def _judge(case: Case) -> Judgment:
    try:
        return judge(case)
    except Exception as error:  # one scope's trouble is its own outcome; the others are judged
        logger.exception("scope %s could not be judged at %s", case.scope.pk, case.slot_end)
        return failed(case, error)


def _baselines(
    scopes: Sequence[Scope],
    rules: Mapping[int, InForce],
    places: Mapping[int, ProjectEnvironment],
    slot: Slot,
) -> dict[baselines.Key, Baseline]:
    found = baselines.load(scopes, slot.hour)
    if lacking := baselines.lacking(scopes, found, rules):
        baselines.estimate(lacking, rules, places, slot.hour)
        found = baselines.load(scopes, slot.hour)
    return found


def standing(rule: InForce, state: RuleState, tally: Tally, covered: Covered, environment: ProjectEnvironment) -> str:
    """The source that the scope is judged by: the first that qualifies and has something to say in the window, else
    the first that qualifies; of a dormant rule, which is judged in shadow, any of its sources."""
    window = window_of(rule)
    able: list[str] = [s.source for s in state.sources if s.qualifies] or [s.source for s in state.sources]
    for source in able:
        if covered.minutes(source, environment)[-window:].any() or tally.of(source, READ_MINUTES)[-window:].any():
            return source
    return able[0]
