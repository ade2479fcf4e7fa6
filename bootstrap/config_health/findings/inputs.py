"""Reads the input of `violations`: the deployments of an environment with rules, states and what checklists say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from bootstrap.checklists.variable_items import Subject, VariableItem, items_about
from bootstrap.config_health.findings.checklist_demands import ChecklistDemands, checklist_demands
from bootstrap.config_health.findings.decisions import easings
from bootstrap.config_health.findings.facts import facts_of, fresh_facts
from bootstrap.config_health.findings.judge import (
    ALWAYS,
    CONDITIONAL,
    NOT_NEEDED,
    UNKNOWN,
    ComparisonGroup,
    DeploymentInputs,
    VariableRule,
)
from bootstrap.config_health.findings.overdue import overdue_by_deployment
from bootstrap.config_health.findings.violation import Violation
from bootstrap.config_health.models import ConfigReport, ReportToken, VariableChange, VariableState
from bootstrap.config_health.queries import newest_reports, states_by_deployment
from bootstrap.config_health.variable_status import JudgedVariable
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import in_force
from bootstrap.postures.status import MissingSeverity, missing_severity
from bootstrap.systems.config.manifest import AgentManifest, constraint_group, manifests, private_group
from bootstrap.systems.models import ConfigConstraint, ConfigVar, Deployment, Environment, Flag
from bootstrap.systems.value_rules.condition_terms import Constant, Facts
from bootstrap.systems.value_rules.conditions import condition_in
from bootstrap.systems.value_rules.flags import FLAG_WORDS


@dataclass(frozen=True)
class EnvironmentInputs:
    """All that the deployments of an environment are judged by. Mappings are by deployment id."""

    deployments: Mapping[int, DeploymentInputs]
    groups: Sequence[ComparisonGroup]
    facts: Mapping[int, Facts]
    reports: Mapping[int, ConfigReport]


@dataclass(frozen=True)
class _Rows:
    """What was read for all deployments of the environment: by application id, deployment id, or as a list."""

    variables: Mapping[int, Sequence[ConfigVar]]
    flags: Sequence[Flag]
    states: Mapping[int, Mapping[str, VariableState]]
    reports: Mapping[int, ConfigReport]
    manifests: Mapping[int, AgentManifest]
    first_token_at: Mapping[int, datetime]
    demands: ChecklistDemands
    items: Mapping[Subject, VariableItem]
    postures: Mapping[int, Sequence[Posture]]
    constraints: Sequence[ConfigConstraint]
    signed_fingerprints: Mapping[int, Mapping[str, tuple[str, str]]]
    overdue: Mapping[int | None, Sequence[Violation]]


def read_inputs(environment: Environment, deployments: Sequence[Deployment], now: datetime) -> EnvironmentInputs:
    """Read what is known of `deployments`, which are all of the environment, as of `now`."""
    rows = _read(environment, deployments, now)
    facts = {
        deployment.pk: facts_of(deployment, rows.states[deployment.pk], rows.reports.get(deployment.pk), rows.flags)
        for deployment in deployments
    }
    inputs = {each.pk: _deployment_inputs(each, rows, facts[each.pk], now) for each in deployments}
    return EnvironmentInputs(inputs, _groups(deployments, rows), facts, rows.reports)


def _read(environment: Environment, deployments: Sequence[Deployment], now: datetime) -> _Rows:
    ids = [deployment.pk for deployment in deployments]
    by_app: dict[int, list[ConfigVar]] = defaultdict(list)
    for variable in ConfigVar.objects.filter(app__deployments__in=ids).distinct().select_related("fallback_to"):
        by_app[variable.app_id].append(variable)
    constraints = ConfigConstraint.objects.filter(system=environment.system_id)
    live = ReportToken.objects.filter(deployment__in=ids, revoked_at__isnull=True).order_by()
    demands = checklist_demands(environment, now)
    states = states_by_deployment(ids)
    flags = list(Flag.objects.filter(system=environment.system_id))
    names = {each.name for each in flags} | {each.name for rows in by_app.values() for each in rows}
    return _Rows(
        variables=by_app,
        flags=flags,
        states=states,
        reports=newest_reports(ids),
        manifests=manifests(deployments),
        first_token_at=dict(live.values_list("deployment").annotate(first=Min("created_at"))),
        demands=demands,
        items=items_about([environment.pk], names, now),
        postures=in_force(ids),
        constraints=[
            constraint
            for constraint in constraints.prefetch_related("members__variable")
            if constraint.environment_id in (None, environment.pk)
        ],
        signed_fingerprints=_signed_fingerprints(deployments, by_app, states, demands),
        overdue=overdue_by_deployment(environment, deployments, now),
    )


def _deployment_inputs(deployment: Deployment, rows: _Rows, facts: Facts, now: datetime) -> DeploymentInputs:
    report, states = rows.reports.get(deployment.pk), rows.states[deployment.pk]
    fresh = fresh_facts(deployment, states, report, rows.flags, now)
    variables = rows.variables.get(deployment.app_id, ())
    names = {variable.name for variable in variables}
    rules = [_rule(variable, deployment.environment.slug, rows, facts) for variable in variables]
    rules += [
        VariableRule(flag.name, NOT_NEEDED, accepted=FLAG_WORDS, is_flag=True, aliases=tuple(flag.aliases))
        for flag in rows.flags
        if flag.name not in names
    ]
    absences = _absences(rows.postures.get(deployment.pk, ()), fresh, now)
    return DeploymentInputs(
        id=deployment.pk,
        name=deployment.host_name,
        rules=rules,
        states={name: row.judged for name, row in states.items()},
        other_names=report.other_names if report else (),
        covered_flags=rows.demands.covered_flags,
        accepted_absences={name: (each.posture.instead_of, each.why) for name, each in absences.items()},
        easings=easings(deployment, {rule.name for rule in rules}, absences, rows.items, now),
        signed_fingerprints=rows.signed_fingerprints.get(deployment.pk, {}),
        manifest_is_current=report is not None and report.manifest == rows.manifests[deployment.pk]["hash"],
        reported_at=report.reported_at if report else None,
        first_token_at=rows.first_token_at.get(deployment.pk),
        overdue=rows.overdue.get(deployment.pk, ()),
    )


def _absences(postures: Sequence[Posture], facts: Facts, now: datetime) -> dict[str, MissingSeverity]:
    """By variable with a posture, the severity of its absence."""
    found = ((each.variable.name, missing_severity([each], each.variable.name, facts, now)) for each in postures)
    return {name: absence for name, absence in found if absence}


def _rule(variable: ConfigVar, environment: str, rows: _Rows, facts: Facts) -> VariableRule:
    return VariableRule(
        name=variable.name,
        need=_need(variable, variable.pk in rows.demands.in_use, facts),
        required_when=variable.required_when,
        accepted=tuple(variable.accepted_values),
        expected=variable.expected_in(environment),
        words=tuple(variable.words_in(environment)),
        failure_mode=variable.failure_mode,
        fallback_to=_fallback(variable, rows.constraints),
        forbidden=variable.must_not_be_set,
        empty_is_unset=variable.empty_is_unset,
    )


def _need(variable: ConfigVar, in_use: bool, facts: Facts) -> str:
    condition = condition_in(variable.required_when)
    if isinstance(condition, Constant):
        return ALWAYS if condition.value else NOT_NEEDED
    holds = condition.holds(facts) if condition else None
    if holds is None:
        return UNKNOWN if in_use else NOT_NEEDED
    return CONDITIONAL if holds else NOT_NEEDED


def _fallback(variable: ConfigVar, constraints: Iterable[ConfigConstraint]) -> str:
    """The name of the variable that is used in its place: its own fallback, else the next one in a constraint."""
    if variable.fallback_to is not None:
        return variable.fallback_to.name
    for constraint in constraints:
        if constraint.kind == ConfigConstraint.Kind.FALLS_BACK_TO:
            members = [member.variable for member in constraint.members.all()]
            names = [member.name for member in members if member.app_id == variable.app_id]
            if variable.name in names[:-1]:
                return names[names.index(variable.name) + 1]
    return ""


def _groups(deployments: Sequence[Deployment], rows: _Rows) -> list[ComparisonGroup]:
    by_app = {deployment.app_id: deployment.pk for deployment in deployments}
    compared = (ConfigConstraint.Kind.MUST_EQUAL, ConfigConstraint.Kind.MUST_DIFFER)
    return [
        ComparisonGroup(
            constraint_group(deployments[0], constraint),
            constraint.kind == ConfigConstraint.Kind.MUST_EQUAL,
            tuple(
                (by_app[member.variable.app_id], member.variable.name)
                for member in constraint.members.all()
                if member.variable.app_id in by_app
            ),
        )
        for constraint in rows.constraints
        if constraint.kind in compared
    ]


def _signed_fingerprints(
    deployments: Sequence[Deployment],
    variables: Mapping[int, Sequence[ConfigVar]],
    states: Mapping[int, Mapping[str, VariableState]],
    demands: ChecklistDemands,
) -> dict[int, dict[str, tuple[str, str]]]:
    """By deployment id and variable, (group, fingerprint) at the time when the variable's item was signed.

    That is the fingerprint before the first change since then, or today's where nothing changed since. Where no
    fingerprint was known at that time, it is the first one known since.
    """
    if not demands.signed_at:
        return {}
    ids = [deployment.pk for deployment in deployments]
    drift: dict[tuple[int, str], list[VariableChange]] = defaultdict(list)
    changes = VariableChange.objects.filter(deployment__in=ids, at__gt=min(demands.signed_at.values()))
    for change in changes.order_by("at", "pk"):
        drift[change.deployment_id, change.name].append(change)
    signed: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    for deployment in deployments:
        for variable in variables.get(deployment.app_id, ()):
            at = demands.signed_at.get(variable.pk)
            if at is not None and variable.name in states[deployment.pk]:
                since = [change for change in drift[deployment.pk, variable.name] if change.at > at]
                prints = _first_known(since, states[deployment.pk][variable.name].judged)
                group = private_group(deployment, variable.name)
                if group in prints:
                    signed[deployment.pk][variable.name] = (group, prints[group])
    return signed


def _first_known(changes: Sequence[VariableChange], now: JudgedVariable) -> Mapping[str, str]:
    """The fingerprints before the first of `changes`; where there were none, the next ones that there were."""
    for change in changes:
        for side in (change.before, change.after):
            if side.get("fingerprints"):
                prints: Mapping[str, str] = side["fingerprints"]
                return prints
    return now.fingerprints
