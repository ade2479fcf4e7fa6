"""Judges the rules that watch over other rules: a scope whose judging ended in an error slot after slot is blind.

It stands on the outcomes that the slot has just been given, so it is asked last. Rules of this kind are left out of
what it looks at: a fault in here is logged and kept as an error of its own scope, and calls nothing again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from detections.rules.active_rules import InForce, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import evaluation_errors
from detections.rules.evaluation.config_finding_reads import newest_evidence
from detections.rules.evaluation.event_rate import Judgment, failed
from detections.rules.evaluation.scopes import Slot, to_judge
from detections.rules.evidence import rule_health
from detections.rules.evidence.records import read
from detections.rules.evidence.rule_health import HealthRecord
from detections.rules.lifecycle.state import RuleState, States
from detections.rules.models import Evaluation, Evidence, Scope
from detections.rules.spec.conditions import RuleHealth
from detections.rules.spec.schema import CONSOLE, SEVERITIES
from detections.telemetry.models import ProjectEnvironment
from opsconsole.lib.clock import MINUTE

logger = logging.getLogger(__name__)


def judge(rules: Mapping[int, InForce], slot: Slot) -> list[Judgment]:
    """One judgment for each rule that cannot be judged somewhere, and clear for the settling scopes where it can.
    The number of queries does not grow with the errors."""
    places = environments(slot.only)
    groups = _grouped(rules, places, slot)
    scopes = to_judge(groups, rules, places, slot)
    if not scopes:
        return []
    states = States(list(rules.values()), {e.environment for e in places.values() if e.environment}, slot.now)
    told = newest_evidence([scope.pk for scope in scopes.values()])
    judgments = []
    for key, scope in scopes.items():
        rule, place = rules[key.rule_id], places[key.project_environment_id]
        state = states.in_project(rule, place)
        judgments.append(_tried(rule, scope, state, place, groups.get(key, []), told.get(scope.pk), slot))
    return judgments


def slots_of(rule: InForce, end: datetime) -> list[datetime]:
    """The ends of the slots that all have to have failed, oldest first."""
    return [end - i * MINUTE for i in reversed(range(_condition(rule).slots))]


def _condition(rule: InForce) -> RuleHealth:
    return rule.spec.rule_health or RuleHealth()


def _grouped(
    rules: Mapping[int, InForce], places: Mapping[int, ProjectEnvironment], slot: Slot
) -> dict[ScopeKey, list[Evaluation]]:
    """The newest errors of the scopes that failed long enough, by the scope that they fire in."""
    groups: dict[ScopeKey, list[Evaluation]] = defaultdict(list)
    for rule in rules.values():
        for error in evaluation_errors.errors(slots_of(rule, slot.end), watchers=rules):
            place = places.get(error.scope.project_environment_id)
            if place is not None and rule.applies_to(place):
                groups[ScopeKey(rule.rule.id, place.id, error.scope.rule.identifier)].append(error)
    return groups


def _tried(
    rule: InForce,
    scope: Scope,
    state: RuleState,
    place: ProjectEnvironment,
    errors: Sequence[Evaluation],
    told: Evidence | None,
    slot: Slot,
) -> Judgment:
    try:
        record = _record(rule, state, place, errors, slot) if errors else None
        return _judgment(rule, scope, state, record, told)
    except Exception as error:  # told by its own row alone: what watches over rules is not watched over by itself
        logger.exception("scope %s could not be judged at %s", scope.pk, slot.end)
        return failed(scope, rule, error, source=CONSOLE, shadow=not state.armed)


def _judgment(
    rule: InForce, scope: Scope, state: RuleState, record: HealthRecord | None, told: Evidence | None
) -> Judgment:
    return Judgment(
        scope=scope,
        rule=rule,
        outcome=Evaluation.Outcome.FIRING if record else Evaluation.Outcome.CLEAR,
        source=CONSOLE,
        shadow=not state.armed,
        late=False,
        severity=record.severity if record else None,
        record=record,
        told=told if record and told and _says(told, record) else None,
    )


def _says(told: Evidence, record: HealthRecord) -> bool:
    """Whether an earlier row holds the record: a rule that is broken for days is not written every minute."""
    try:
        before = read(told.data)
    except msgspec.ValidationError:
        return False
    return isinstance(before, HealthRecord) and rule_health.same(before, record)


def _record(
    rule: InForce, state: RuleState, place: ProjectEnvironment, errors: Sequence[Evaluation], slot: Slot
) -> HealthRecord:
    condition, failing = _condition(rule), errors[0].scope.rule.identifier
    scopes = [evaluation_errors.as_unjudged(error) for error in errors[: rule_health.SCOPES_KEPT]]
    return HealthRecord(
        engine=rule_health.ENGINE,
        rule=rule.rule.identifier,
        version=rule.version.number,
        project=place.project.slug,
        environment=place.name,
        group=failing,
        slot_end=slot.end,
        slots=slots_of(rule, slot.end),
        scopes=scopes,
        total=len(errors),
        needed=condition.slots,
        worth=condition.severity,
        severity=SEVERITIES[condition.severity],
        reasons=rule_health.reasons(condition.slots, condition.severity),
        shadow=not state.armed,
        cause=rule_health.cause(failing, scopes),
        owner=rule.spec.first_response,
    )
