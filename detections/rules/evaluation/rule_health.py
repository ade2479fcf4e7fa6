"""Judges rules that watch other rules: a scope whose judging ended in an error slot after slot is blind.

It reads the outcomes that the slot has just been given. Rules of this kind are left out of what it looks at: a fault
here is logged and kept as an error of its own scope, and raises no alert about itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import msgspec
from django.urls import reverse

from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import evaluation_errors
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
from detections.rules.evidence import rule_health
from detections.rules.evidence.rule_health import RuleHealthEvidence
from detections.rules.models import Evaluation, Rule, RuleVersion, Scope
from detections.rules.spec.conditions import RuleHealth
from detections.rules.spec.schema import SEVERITIES
from detections.rules.spec.selector import CONSOLE
from detections.telemetry.models import Project, ProjectEnvironment
from opsconsole.lib.clock import MINUTE

FAILING = "FIXTURE-ANOTHER-RULE"  # the rule that a fixture's errors are of


class FixtureError(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One scope of another rule whose judging ended in an error, in the slots that ended so many minutes ago."""

    group: str
    error: str
    minutes_before_end: list[Annotated[int, msgspec.Meta(ge=0, le=60)]]


def _minutes(erred: FixtureError) -> int:
    return max(erred.minutes_before_end, default=0)


def _create(project: Project, environment: str, errors: Sequence[FixtureError], end: datetime) -> None:
    """Errors of a further rule."""
    failing = Rule.objects.create(identifier=FAILING, title="A rule that fails", mode=Rule.Mode.SHADOW)
    version = RuleVersion.objects.create(
        rule=failing, number=1, spec={}, content_hash="", author_name=project.slug, created_at=end
    )
    place = ProjectEnvironment.objects.create(project=project, name=environment)
    for erred in errors:
        scope = Scope.objects.create(rule=failing, project_environment=place, group_key=erred.group, created_at=end)
        Evaluation.objects.bulk_create(
            Evaluation(
                scope=scope,
                version=version,
                slot_end=end - minutes * MINUTE,
                outcome=Evaluation.Outcome.ERROR,
                detail=erred.error,
                evaluated_at=end,
            )
            for minutes in erred.minutes_before_end
        )


@dataclass(frozen=True)
class RuleHealthCase(Case):
    """The errors of one failing rule in one project environment; none where it is judged again."""

    errors: Sequence[Evaluation]


class RuleHealthEvaluator(Evaluator[Selection[list[Evaluation]], RuleHealthCase, RuleHealthEvidence]):
    """The errors of other rules' scopes over the last slots, one query for each rule of this kind."""

    kind = RuleHealth.kind()
    evidence = RuleHealthEvidence
    trigger = None  # nothing that arrives makes an error
    after_outcomes = True
    repeats_evidence = True  # a rule may be broken for days
    fixture_input = FixtureInput("errors", FixtureError, _minutes, _create)

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> Selection[list[Evaluation]]:
        """By the scope that they fire in, the newest errors of the scopes that failed long enough."""
        places = environments(request.only)
        groups: dict[ScopeKey, list[Evaluation]] = defaultdict(list)
        for rule in rules.values():
            for error in evaluation_errors.errors(_slots_of(rule, request.end), watchers=rules):
                place = places.get(error.scope.project_environment_id)
                if place is not None and rule.applies_to(place):
                    groups[ScopeKey(rule.rule.id, place.id, error.scope.rule.identifier)].append(error)
        return Selection(groups, places)

    def read(
        self, selection: Selection[list[Evaluation]], rules: Mapping[int, LoadedRule], contexts: Sequence[ScopeContext]
    ) -> list[RuleHealthCase]:
        return [RuleHealthCase(context, CONSOLE, selection.scopes.get(context.key, ())) for context in contexts]

    def judge(self, case: RuleHealthCase) -> Result:
        if not case.errors:
            return Result(Evaluation.Outcome.CLEAR)
        return Result(Evaluation.Outcome.FIRING, SEVERITIES[_condition(case.context.rule).severity])

    def record(self, case: RuleHealthCase, result: Result) -> RuleHealthEvidence:
        rule, failing = case.context.rule, case.errors[0].scope.rule.identifier
        condition = _condition(rule)
        scopes = [evaluation_errors.as_unjudged(error) for error in case.errors[: rule_health.SCOPES_KEPT]]
        return RuleHealthEvidence(
            **case.shared,
            engine=rule_health.ENGINE,
            severity=result.severity or 0,
            reasons=rule_health.reasons(condition.slots, condition.severity),
            cause=rule_health.cause(failing, scopes),
            owner=rule.spec.first_response,
            slots=_slots_of(rule, case.context.request.end),
            scopes=scopes,
            total=len(case.errors),
            needed=condition.slots,
            worth=condition.severity,
        )

    def live(self, question: LiveQuestion[RuleHealthEvidence]) -> LiveState:
        """Whether the failing rule is judged again. One query while the alert is open."""
        scope = question.scope
        links = ((f"Rule {scope.group_key}", reverse("rule", args=[scope.group_key])),)
        if not question.is_open:
            return LiveState("", links)
        failing = evaluation_errors.failing_now(scope.group_key, scope.project_environment_id, question.now)
        if not failing:
            return LiveState("In the newest slot no scope of it ended in an error.", links)
        return LiveState(
            f"{failing} scope{'s' if failing > 1 else ''} could not be judged in the last two minutes.", links
        )


def _slots_of(rule: LoadedRule, end: datetime) -> list[datetime]:
    """The ends of the slots that all have to have failed, oldest first."""
    return [end - i * MINUTE for i in reversed(range(_condition(rule).slots))]


def _condition(rule: LoadedRule) -> RuleHealth:
    return rule.spec.condition_of(RuleHealth) or RuleHealth()
