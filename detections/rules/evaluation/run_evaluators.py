"""Judges all rules at one slot, whatever their kind: reads once for all scopes, decides, writes. The number of queries
does not grow with the number of scopes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import msgspec
from django.db import connection

from detections.rules.active_rules import LoadedRule, rules_in_force
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import evaluation_errors, registry, writer
from detections.rules.evaluation.evaluator import Case, Judgment, ScopeContext, Selection
from detections.rules.evaluation.registry import AnyEvaluator
from detections.rules.evaluation.scopes import EvaluationRequest, to_judge
from detections.rules.evidence.base import EvidenceRecord
from detections.rules.lifecycle.state import RuleStates
from detections.rules.models import Evidence, Scope

logger = logging.getLogger(__name__)

# One judge at a time: it reads the counts after the lock, so no older reading can overwrite a newer one.
LOCK = "SELECT pg_advisory_xact_lock(hashtext('detections.rules'))"


def lock() -> None:
    """Wait for other judges to commit; held until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def evaluate(request: EvaluationRequest, identifiers: Collection[str] | None = None) -> int:
    """Judge the slot, for all rules in force or those named; returns how many evaluations were written.

    Call it inside a transaction that has the lock. Kinds that look at outcomes are judged once those are written.
    """
    rules = rules_in_force(identifiers)
    judging = [each for each in registry.EVALUATORS if each.at_slots or identifiers is not None]
    first = [each for each in judging if not each.after_outcomes]
    then = [each for each in judging if each.after_outcomes]
    return sum(_evaluate(evaluators, rules, request) for evaluators in (first, then))


def evaluate_apart(evaluator: AnyEvaluator, request: EvaluationRequest) -> int:
    """Judge the rules of a kind that has a clock of its own, beside what has the lock; returns how many evaluations
    were written. Call it inside a transaction in which nothing else judges this kind."""
    return _evaluate([evaluator], rules_in_force(), request)


def _evaluate(evaluators: Iterable[AnyEvaluator], rules: Collection[LoadedRule], request: EvaluationRequest) -> int:
    judgments: list[Judgment] = []
    for evaluator in evaluators:
        of_kind = {rule.rule.id: rule for rule in rules if rule.spec.kind == evaluator.kind}
        if of_kind and request.concerns(evaluator.trigger):
            judgments += _judge_all(evaluator, of_kind, request)
    return writer.write(judgments, request.end, request.now, request.mode) if judgments else 0


def _judge_all(evaluator: AnyEvaluator, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> list[Judgment]:
    selection = evaluator.select(rules, request)
    scopes = to_judge(selection.scopes, rules, selection.places, request)
    if not scopes:
        return []
    contexts = _contexts(scopes, selection, rules, request)
    stored = _newest_evidence(scopes.values()) if evaluator.repeats_evidence else {}
    cases = evaluator.read(selection, rules, contexts)
    return [_judge(evaluator, case, stored.get(case.context.scope.pk)) for case in cases]


def _contexts(
    scopes: Mapping[ScopeKey, Scope],
    selection: Selection[Any],
    rules: Mapping[int, LoadedRule],
    request: EvaluationRequest,
) -> list[ScopeContext]:
    linked = {place.environment for place in selection.places.values() if place.environment is not None}
    states = RuleStates(list(rules.values()), linked, request.now)
    contexts = []
    for key, scope in scopes.items():
        rule, place = rules[key.rule_id], selection.places[key.project_environment_id]
        contexts.append(ScopeContext(key, scope, rule, place, states.in_project(rule, place), request))
    return contexts


def _judge(evaluator: AnyEvaluator, case: Case, stored: Evidence | None) -> Judgment:
    """What is raised is the outcome of this scope; the others are judged."""
    try:
        result = evaluator.judge(case)
        record = evaluator.record(case, result) if result.fires else None
        same = stored is not None and record is not None and _repeats(record, stored)
    except Exception as error:
        logger.exception("scope %s could not be judged at %s", case.context.scope.pk, case.context.request.end)
        return Judgment(case, evaluation_errors.failed(error))
    return Judgment(case, result, record, stored if same else None)


def _repeats(record: EvidenceRecord, stored: Evidence) -> bool:
    """Whether the stored row says what the record does, so that no other row has to be written."""
    try:
        earlier = registry.read_evidence(stored.data)
    except msgspec.ValidationError:
        return False
    return type(earlier) is type(record) and record.repeats(earlier)


def _newest_evidence(scopes: Iterable[Scope]) -> dict[int, Evidence]:
    """By scope id, its newest evidence. One query."""
    rows = Evidence.objects.filter(scope__in=[scope.pk for scope in scopes]).order_by("scope_id", "-id")
    return {row.scope_id: row for row in rows.distinct("scope_id")}
