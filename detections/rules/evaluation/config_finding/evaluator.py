"""Judges rules that read findings of configuration reports.

A finding counts in every minute in which it was open, if only for a second. So a finding fires at once, the tick agrees
with that, and minutes judged after an outage have the outcome that they would have had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Literal

import msgspec

from bootstrap.config_health.models import Finding
from bootstrap.systems.models import Deployment
from detections.rules.active_rules import LoadedRule, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation.config_finding import reads
from detections.rules.evaluation.config_finding.live import configuration
from detections.rules.evaluation.config_finding.overdue import overdue_now
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
from detections.rules.evidence import config_finding
from detections.rules.evidence.config_finding import REPORT, ConfigFindingEvidence, EvidenceFinding
from detections.rules.models import Evaluation
from detections.rules.spec.conditions import ConfigFinding, FindingKind
from detections.rules.spec.selector import CONFIG
from detections.telemetry.deployments import project_environments_of
from detections.telemetry.models import Project, ProjectEnvironment
from detections.telemetry.routes import glob
from opsconsole.lib.clock import MINUTE


class FixtureFinding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding of a fixture, by how long before the fixture's end it was open."""

    subject: str
    kind: FindingKind
    severity: Literal["critical", "warning", "info"]
    opened_seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=3600)]
    closed_seconds_before_end: Annotated[float, msgspec.Meta(gt=0, le=3600)] | None = None
    detail: str = ""


def _minutes(reported: FixtureFinding) -> int:
    return int(reported.opened_seconds_before_end // 60)


def _create(project: Project, environment: str, findings: Sequence[FixtureFinding], end: datetime) -> None:
    """Creates the findings in the one environment of the project's system."""
    if project.app is None:
        return
    place = project.app.system.environments.get()
    deployment = Deployment.objects.create(app=project.app, environment=place, host_name=project.slug)
    Finding.objects.bulk_create(
        Finding(
            deployment=deployment,
            subject=reported.subject,
            kind=reported.kind,
            severity=reported.severity,
            detail=reported.detail,
            opened_at=end - timedelta(seconds=reported.opened_seconds_before_end),
            closed_at=end - timedelta(seconds=closed) if (closed := reported.closed_seconds_before_end) else None,
        )
        for reported in findings
    )


@dataclass(frozen=True)
class FindingSelection(Selection[Sequence[Finding]]):
    """The findings that fire in some scope, and their context."""

    finding_context: reads.FindingContext


@dataclass(frozen=True)
class ConfigFindingCase(Case):
    """The open findings about one variable of one deployment; none once nothing is wrong."""

    findings: Sequence[Finding]
    finding_context: reads.FindingContext

    @property
    def wrong(self) -> list[EvidenceFinding]:
        return [self.finding_context.as_evidence(finding) for finding in self.findings]


class ConfigFindingEvaluator(Evaluator[FindingSelection, ConfigFindingCase, ConfigFindingEvidence]):
    """Findings that were open in the slot's minute, by variable of a deployment."""

    kind = ConfigFinding.kind()
    evidence = ConfigFindingEvidence
    trigger = "reports"
    after_outcomes = False
    repeats_evidence = True  # a finding may stay open for weeks
    fixture_input = FixtureInput("findings", FixtureFinding, _minutes, _create)

    def select(self, rules: Mapping[int, LoadedRule], request: EvaluationRequest) -> FindingSelection:
        findings = reads.open_between(request.end - MINUTE, request.end)
        places_of = reads.places_of(findings)
        known = project_environments_of(set(places_of.values())) if findings else {}
        place_of = {pk: known[place] for pk, place in places_of.items() if place in known}
        finding_context = reads.FindingContext(findings, request.end)
        groups = _by_scope(findings, place_of, rules, finding_context)
        places = environments(request.only)  # after `project_environments_of`, which makes those of silent applications
        scopes = {key: members for key, members in groups.items() if key.project_environment_id in places}
        return FindingSelection(scopes, places, finding_context)

    def read(
        self, selection: FindingSelection, rules: Mapping[int, LoadedRule], contexts: Sequence[ScopeContext]
    ) -> list[ConfigFindingCase]:
        return [
            ConfigFindingCase(context, CONFIG, selection.scopes.get(context.key, ()), selection.finding_context)
            for context in contexts
        ]

    def judge(self, case: ConfigFindingCase) -> Result:
        """Firing or clear, never without data: that nothing is reported any more is a finding itself, and what was last
        reported wrong stays wrong until a report says otherwise."""
        if not case.findings:
            return Result(Evaluation.Outcome.CLEAR)
        severity = config_finding.severity_of(case.wrong, _severities(case.context.rule)) or 0
        return Result(Evaluation.Outcome.FIRING, severity)

    def record(self, case: ConfigFindingCase, result: Result) -> ConfigFindingEvidence:
        first, spec = case.findings[0], case.context.rule.spec
        deployment, severities, wrong = first.deployment, _severities(case.context.rule), case.wrong
        app = reads.app_of(first)
        return ConfigFindingEvidence(
            **case.shared,
            engine=config_finding.ENGINE,
            severity=result.severity or 0,
            reasons=config_finding.reasons(wrong, severities),
            cause=config_finding.cause(case.context.key.group_key, wrong),
            owner=next((each.owner for each in wrong if each.owner), spec.first_response),
            system=first.environment.system.slug,
            app=app.slug if app else "",
            deployment=deployment.pk if deployment else None,
            host=deployment.host_name if deployment else "",
            place=first.environment.path,
            findings=wrong,
            severities=severities,
            report=case.finding_context.report(first),
            signed=case.finding_context.signed(first),
        )

    def live(self, question: LiveQuestion[ConfigFindingEvidence]) -> LiveState:
        """What the newest report says of the variable. At most eight queries."""
        if question.record is None:
            return LiveState("What fired can no longer be read; the environment's page has what is reported now.")
        if question.record.overdue:
            return overdue_now(question.record)
        state = configuration(question.record, question.now)
        links = ((f"Item {state.item.key}", state.item.url),) if state.item else ()
        return LiveState(state.sentence, links, state)


def _by_scope(
    findings: Sequence[Finding],
    place_of: Mapping[int, ProjectEnvironment],
    rules: Mapping[int, LoadedRule],
    finding_context: reads.FindingContext,
) -> dict[ScopeKey, list[Finding]]:
    """By scope, the findings that fire in it; `place_of` is by finding id."""
    groups: dict[ScopeKey, list[Finding]] = {}
    for finding in findings:
        place = place_of.get(finding.pk)
        for rule in rules.values() if place else ():
            assert place is not None
            if rule.applies_to(place) and _selects(rule.spec.condition_of(ConfigFinding), finding):
                key = ScopeKey(rule.rule.id, place.id, finding.subject or REPORT)
                groups.setdefault(key, []).append(finding)
    return {key: members for key, members in groups.items() if _fires(rules[key.rule_id], members, finding_context)}


def _selects(condition: ConfigFinding | None, finding: Finding) -> bool:
    if condition is None or not condition.reads(finding.kind):
        return False
    return not condition.variables or any(glob(each)(finding.subject) for each in condition.variables)


def _fires(rule: LoadedRule, findings: Sequence[Finding], finding_context: reads.FindingContext) -> bool:
    return config_finding.severity_of([finding_context.as_evidence(f) for f in findings], _severities(rule)) is not None


def _severities(rule: LoadedRule) -> dict[str, str | None]:
    condition = rule.spec.condition_of(ConfigFinding)
    return msgspec.structs.asdict(condition.severities) if condition else {}
