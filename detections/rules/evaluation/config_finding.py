"""Judges the rules that read configuration reports at one slot. The number of queries does not grow with the findings.

A finding counts in every minute in which it was open, be it for a second: so what a report opens fires at once, the
minute's own end agrees, and minutes that are judged after an outage are judged as they would have been.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from bootstrap.config_health.models import Finding
from detections.rules.active_rules import InForce, environments
from detections.rules.counting.counts import ScopeKey
from detections.rules.evaluation import config_finding_reads as findings
from detections.rules.evaluation.event_rate import Judgment, failed
from detections.rules.evaluation.scopes import Slot, to_judge
from detections.rules.evidence import config_finding
from detections.rules.evidence.config_finding import REPORT, ConfigRecord
from detections.rules.evidence.records import read
from detections.rules.lifecycle.state import RuleState, States
from detections.rules.models import Evaluation, Evidence, Scope
from detections.rules.spec.conditions import ConfigFinding
from detections.rules.spec.schema import CONFIG
from detections.telemetry.deployments import places_of
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.routes import glob
from opsconsole.lib.clock import MINUTE

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Case:
    """What the judgment of one scope rests on: the findings about one variable of one deployment."""

    rule: InForce
    place: ProjectEnvironment
    state: RuleState
    group: str
    findings: Sequence[Finding]


def judge(rules: Mapping[int, InForce], slot: Slot) -> list[Judgment]:
    """One judgment for each scope in which something is wrong, and clear for the settling ones where nothing is."""
    found = findings.open_between(slot.end - MINUTE, slot.end)
    stands = places_of({f.deployment_id: f.deployment for f in found}.values()) if found else {}
    around = findings.Around(found, slot.end)
    groups = _grouped(found, stands, rules, around)
    places = environments(slot.only)
    groups = {key: members for key, members in groups.items() if key.project_environment_id in places}
    scopes = to_judge(groups, rules, places, slot)
    if not scopes:
        return []
    states = States(list(rules.values()), {e.environment for e in places.values() if e.environment}, slot.now)
    told = findings.newest_evidence([scope.pk for scope in scopes.values()])
    judgments = []
    for key, scope in scopes.items():
        rule, place = rules[key.rule_id], places[key.project_environment_id]
        case = Case(rule, place, states.in_project(rule, place), key.group_key, groups.get(key, ()))
        judgments.append(_tried(case, scope, around, told.get(scope.pk), slot))
    return judgments


def _tried(case: Case, scope: Scope, around: findings.Around, told: Evidence | None, slot: Slot) -> Judgment:
    try:
        return _judged(case, scope, around, told, slot)
    except Exception as error:  # one variable's trouble is its own outcome; the others are judged
        logger.exception("scope %s could not be judged at %s", scope.pk, slot.end)
        return failed(scope, case.rule, error, source=CONFIG, shadow=not case.state.armed)


def _grouped(
    found: Sequence[Finding],
    stands: Mapping[int, ProjectEnvironment],
    rules: Mapping[int, InForce],
    around: findings.Around,
) -> dict[ScopeKey, list[Finding]]:
    """The findings that fire something, by the scope that they fire in."""
    groups: dict[ScopeKey, list[Finding]] = {}
    for finding in found:
        place = stands.get(finding.deployment_id)
        for rule in rules.values() if place else ():
            assert place is not None
            if rule.applies_to(place) and _selected(rule.spec.config_finding, finding):
                key = ScopeKey(rule.rule.id, place.id, finding.subject or REPORT)
                groups.setdefault(key, []).append(finding)
    return {key: members for key, members in groups.items() if _fires(rules[key.rule_id], members, around)}


def _selected(condition: ConfigFinding | None, finding: Finding) -> bool:
    if condition is None or (condition.kinds and finding.kind not in condition.kinds):
        return False
    return not condition.variables or any(glob(each)(finding.subject) for each in condition.variables)


def _severities(rule: InForce) -> dict[str, str | None]:
    condition = rule.spec.config_finding
    return msgspec.structs.asdict(condition.severities) if condition else {}


def _fires(rule: InForce, found: Sequence[Finding], around: findings.Around) -> bool:
    return config_finding.severity_of([around.as_wrong(f) for f in found], _severities(rule)) is not None


def _judged(case: Case, scope: Scope, around: findings.Around, told: Evidence | None, slot: Slot) -> Judgment:
    """Firing or clear, never without data: that nothing is reported any more is a finding itself, and what was last
    reported wrong stays wrong until a report says otherwise."""
    record = _record(case, around, slot) if case.findings else None
    return Judgment(
        scope=scope,
        rule=case.rule,
        outcome=Evaluation.Outcome.FIRING if record else Evaluation.Outcome.CLEAR,
        source=CONFIG,
        shadow=not case.state.armed,
        late=False,
        severity=record.severity if record else None,
        record=record,
        told=told if record and told and _says(told, record) else None,
    )


def _says(told: Evidence, record: ConfigRecord) -> bool:
    """Whether an earlier row holds the record: a finding that stands for weeks is not written every minute."""
    try:
        before = read(told.data)
    except msgspec.ValidationError:
        return False
    return isinstance(before, ConfigRecord) and config_finding.same(before, record)


def _record(case: Case, around: findings.Around, slot: Slot) -> ConfigRecord:
    first, spec = case.findings[0], case.rule.spec
    deployment, severities = first.deployment, _severities(case.rule)
    wrong = [around.as_wrong(f) for f in case.findings]
    return ConfigRecord(
        engine=config_finding.ENGINE,
        rule=case.rule.rule.identifier,
        version=case.rule.version.number,
        project=case.place.project.slug,
        environment=case.place.name,
        group=case.group,
        slot_end=slot.end,
        system=deployment.environment.system.slug,
        app=deployment.app.slug,
        deployment=deployment.pk,
        host=deployment.host_name,
        place=deployment.environment.path,
        findings=wrong,
        severities=severities,
        severity=config_finding.severity_of(wrong, severities) or 0,
        reasons=config_finding.reasons(wrong, severities),
        report=around.report(first),
        signed=around.signed(first),
        shadow=not case.state.armed,
        cause=config_finding.cause(case.group, wrong),
        owner=spec.first_response,
    )
