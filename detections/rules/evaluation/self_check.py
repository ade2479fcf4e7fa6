"""Judges rules over the checks of this console by itself. They are not judged at slots, since a console whose slots
are stalled is what they shall tell of: the self-watch judges them when it has made its checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation.evaluator import (
    Case,
    Evaluator,
    FixtureInput,
    LiveQuestion,
    LiveState,
    Result,
    ScopeContext,
    Selection,
)
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.evidence import self_check
from detections.rules.evidence.base import CAUSE_LENGTH
from detections.rules.evidence.self_check import SelfCheckEvidence
from detections.rules.models import Evaluation
from detections.rules.self_check_models import FailingCheck
from detections.rules.spec.conditions import SelfCheck
from detections.rules.spec.conditions.self_check import SelfCheckName
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.selector import CONSOLE
from detections.telemetry.models import Project, ProjectEnvironment


class FixtureFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A check that fails."""

    check: SelfCheckName
    sentence: str
    subject: str = ""


def _create(project: Project, environment: str, failures: Sequence[FixtureFailure], end: datetime) -> None:
    place, _ = ProjectEnvironment.objects.get_or_create(project=project, name=environment)
    FailingCheck.objects.bulk_create(
        FailingCheck(
            check_name=each.check, subject=each.subject, sentence=each.sentence, project_environment=place, since=end
        )
        for each in failures
    )


@dataclass(frozen=True)
class SelfCheckCase(Case):
    """The check that fails in the scope; None where it passes."""

    failing: FailingCheck | None


class SelfCheckEvaluator(Evaluator[Selection[FailingCheck], SelfCheckCase, SelfCheckEvidence]):
    """The checks that fail, each in the project environment that it is kept in."""

    kind = SelfCheck.kind()
    evidence = SelfCheckEvidence
    trigger = None
    after_outcomes = False
    at_slots = False
    repeats_evidence = True
    fixture_input = FixtureInput("failing_checks", FixtureFailure, lambda failure: 0, _create)

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> Selection[FailingCheck]:
        """Two queries."""
        places = environments(request.only)
        rows = list(FailingCheck.objects.filter(project_environment__in=places))
        found = {
            ScopeKey(pk, row.project_environment_id, row.group_key): row
            for pk, rule in rules.items()
            for row in rows
            if row.check_name in _condition(rule).chosen and rule.applies_to(places[row.project_environment_id])
        }
        return Selection(found, places)

    def read(
        self,
        selection: Selection[FailingCheck],
        rules: Mapping[int, LoadedRule],
        contexts: Sequence[ScopeContext],
    ) -> list[SelfCheckCase]:
        return [SelfCheckCase(context, CONSOLE, selection.scopes.get(context.key)) for context in contexts]

    def judge(self, case: SelfCheckCase) -> Result:
        if case.failing is None:
            return Result(Evaluation.Outcome.CLEAR)
        return Result(Evaluation.Outcome.FIRING, SEVERITIES[_condition(case.context.rule).severity])

    def record(self, case: SelfCheckCase, result: Result) -> SelfCheckEvidence:
        if case.failing is None:
            raise ValueError("a check that passes has no evidence")
        condition = _condition(case.context.rule)
        return SelfCheckEvidence(
            **case.shared,
            engine=self_check.ENGINE,
            severity=result.severity or 0,
            reasons=[f"{case.failing.check_name}, {condition.severity}"],
            cause=case.failing.sentence[:CAUSE_LENGTH],
            owner=case.context.rule.spec.first_response,
            check=case.failing.check_name,
            what=case.failing.sentence,
            since=case.failing.since,
            worth=condition.severity,
        )

    def live(self, question: LiveQuestion[SelfCheckEvidence]) -> LiveState:
        """What the newest check found. One query while the alert is open."""
        if not question.is_open:
            return LiveState("")
        rows = FailingCheck.objects.filter(project_environment=question.scope.project_environment_id)
        failing = next((row for row in rows if row.group_key == question.scope.group_key), None)
        return LiveState(f"At present: {failing.sentence}." if failing else "The newest check passed.")


def _condition(rule: LoadedRule) -> SelfCheck:
    return rule.spec.condition_of(SelfCheck) or SelfCheck()
