"""Judges all rules at one slot: reads once for all scopes, decides, writes. The number of queries does not grow with
the number of scopes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence

from django.db import connection

from detections.rules.active_rules import InForce, environments, rules_in_force
from detections.rules.baseline import store
from detections.rules.counting.counts import ScopeKey, Tally, tally_all
from detections.rules.counting.coverage import Covered
from detections.rules.evaluation import config_finding, event_samples, rule_health, writer
from detections.rules.evaluation.event_rate import READ_MINUTES, Case, Judgment, failed, judge, window_of
from detections.rules.evaluation.scopes import Slot, to_judge
from detections.rules.lifecycle.state import RuleState, States
from detections.rules.models import Baseline, Scope
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.clock import MINUTE

logger = logging.getLogger(__name__)

# One judge at a time: it reads the counts after the lock, so no older reading can overwrite a newer one.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('detections.rules'))"


def lock() -> None:
    """Wait for other judges to commit; held until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def evaluate(slot: Slot, identifiers: Collection[str] | None = None) -> int:
    """Judge the slot, for all rules in force or those named; returns how many evaluations were written.

    Call it inside a transaction that has the lock.
    """
    rules = rules_in_force(identifiers)
    counting = {r.rule.id: r for r in rules if r.spec.counts}
    reading = {r.rule.id: r for r in rules if r.spec.config_finding is not None}
    judgments = _counted(counting, slot) if counting and slot.about != "reports" else []
    if reading and slot.about != "events":
        judgments += config_finding.judge(reading, slot)
    written = writer.write(judgments, slot.end, slot.now, slot.mode) if judgments else 0
    return written + _watched_over(rules, slot)


def _watched_over(rules: Collection[InForce], slot: Slot) -> int:
    """The rules that watch over rules, once the slot's other outcomes are written. What arrives cannot make an error,
    so only the tick asks."""
    watching = {r.rule.id: r for r in rules if r.spec.rule_health is not None}
    if not watching or slot.mode != "final":
        return 0
    return writer.write(rule_health.judge(watching, slot), slot.end, slot.now, slot.mode)


def _counted(rules: Mapping[int, InForce], slot: Slot) -> list[Judgment]:
    """The rules that count events."""
    places = environments(slot.only)
    tallies = tally_all(list(rules.values()), places, slot.end - READ_MINUTES * MINUTE, slot.end)
    active = {key: tally for key, tally in tallies.items() if _is_active(tally, rules[key.rule_id])}
    scopes = to_judge(active, rules, places, slot)
    return _judge_all(scopes, active, rules, places, slot) if scopes else []


def _is_active(tally: Tally, rule: InForce) -> bool:
    recent = event_samples.reach(rule) // MINUTE
    return any(line[-recent:].any() for line in tally.minutes.values())


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
    looked_at = event_samples.load({k: t for k, t in active.items() if k in scopes}, rules, slot.end)
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
            complete=key not in looked_at.cut,
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
        shadow = not case.state.armed
        return failed(case.scope, case.rule, error, source=case.source, shadow=shadow, late=case.late)


def _baselines(
    scopes: Sequence[Scope],
    rules: Mapping[int, InForce],
    places: Mapping[int, ProjectEnvironment],
    slot: Slot,
) -> dict[store.Key, Baseline]:
    found = store.load(scopes, slot.hour)
    if lacking := store.lacking(scopes, found, rules):
        store.estimate(lacking, rules, places, slot.hour)
        found = store.load(scopes, slot.hour)
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
