"""Reads what `verdicts` asks for: the deployments of one environment with rules, states and what checklists say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Min

from bootstrap.config_health.findings.checklist_demands import ChecklistDemands, told_by_checklists
from bootstrap.config_health.findings.facts import facts_of, fresh_facts
from bootstrap.config_health.findings.judge import ALWAYS, CONDITIONAL, NOT_NEEDED, UNKNOWN, Group, Place, VariableRule
from bootstrap.config_health.models import ConfigReport, ReportToken, VariableChange, VariableState
from bootstrap.config_health.queries import newest_reports, states_by_deployment
from bootstrap.config_health.variable_status import Judged
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import in_force
from bootstrap.postures.status import judge
from bootstrap.systems.config.manifest import AgentManifest, constraint_group, manifests, private_group
from bootstrap.systems.models import ConfigConstraint, ConfigVar, Deployment, Environment, Flag
from bootstrap.systems.value_rules.condition_terms import Constant, Facts
from bootstrap.systems.value_rules.conditions import condition_in
from bootstrap.systems.value_rules.flags import FLAG_WORDS


@dataclass(frozen=True)
class World:
    """An environment as its deployments report it: places by deployment id, with their facts and newest reports."""

    places: Mapping[int, Place]
    groups: Sequence[Group]
    facts: Mapping[int, Facts]
    reports: Mapping[int, ConfigReport]


@dataclass(frozen=True)
class _Rows:
    """What was read for all deployments of the environment."""

    variables: Mapping[int, Sequence[ConfigVar]]
    flags: Sequence[Flag]
    states: Mapping[int, Mapping[str, VariableState]]
    reports: Mapping[int, ConfigReport]
    manifests: Mapping[int, AgentManifest]
    waiting: Mapping[int, datetime]
    told: ChecklistDemands
    postures: Mapping[int, Sequence[Posture]]
    constraints: Sequence[ConfigConstraint]
    at_sign_off: Mapping[int, Mapping[str, tuple[str, str]]]


def gather(environment: Environment, deployments: Sequence[Deployment], now: datetime) -> World:
    """All that is known of the environment's `deployments`."""
    rows = _read(environment, deployments, now)
    facts = {
        deployment.pk: facts_of(deployment, rows.states[deployment.pk], rows.reports.get(deployment.pk), rows.flags)
        for deployment in deployments
    }
    places = {deployment.pk: _place(deployment, rows, facts[deployment.pk], now) for deployment in deployments}
    return World(places, _groups(deployments, rows), facts, rows.reports)


def _read(environment: Environment, deployments: Sequence[Deployment], now: datetime) -> _Rows:
    ids = [deployment.pk for deployment in deployments]
    by_app: dict[int, list[ConfigVar]] = defaultdict(list)
    for variable in ConfigVar.objects.filter(app__deployments__in=ids).distinct().select_related("fallback_to"):
        by_app[variable.app_id].append(variable)
    constraints = ConfigConstraint.objects.filter(system=environment.system_id)
    live = ReportToken.objects.filter(deployment__in=ids, revoked_at__isnull=True).order_by()
    told = told_by_checklists(environment, now)
    states = states_by_deployment(ids)
    return _Rows(
        variables=by_app,
        flags=list(Flag.objects.filter(system=environment.system_id)),
        states=states,
        reports=newest_reports(ids),
        manifests=manifests(deployments),
        waiting=dict(live.values_list("deployment").annotate(first=Min("created_at"))),
        told=told,
        postures=in_force(ids),
        constraints=[
            constraint
            for constraint in constraints.prefetch_related("members__variable")
            if constraint.environment_id in (None, environment.pk)
        ],
        at_sign_off=_at_sign_off(deployments, by_app, states, told),
    )


def _place(deployment: Deployment, rows: _Rows, facts: Facts, now: datetime) -> Place:
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
    return Place(
        id=deployment.pk,
        name=deployment.host_name,
        rules=rules,
        states={name: row.judged for name, row in states.items()},
        other_names=report.other_names if report else (),
        covered=rows.told.covered,
        accepted={
            posture.variable.name: (found.severity, found.why)
            for posture in rows.postures.get(deployment.pk, ())
            if (found := judge([posture], posture.variable.name, fresh, now))
        },
        at_sign_off=rows.at_sign_off.get(deployment.pk, {}),
        literals_known=report is not None and report.manifest == rows.manifests[deployment.pk]["hash"],
        reported_at=report.reported_at if report else None,
        waiting_since=rows.waiting.get(deployment.pk),
    )


def _rule(variable: ConfigVar, environment: str, rows: _Rows, facts: Facts) -> VariableRule:
    return VariableRule(
        name=variable.name,
        need=_need(variable, variable.pk in rows.told.in_use, facts),
        told=variable.required_when,
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
    """The variable that is used in its place: its own, else the next of the same application in a constraint."""
    if variable.fallback_to is not None:
        return variable.fallback_to.name
    for constraint in constraints:
        if constraint.kind == ConfigConstraint.Kind.FALLS_BACK_TO:
            members = [member.variable for member in constraint.members.all()]
            names = [member.name for member in members if member.app_id == variable.app_id]
            if variable.name in names[:-1]:
                return names[names.index(variable.name) + 1]
    return ""


def _groups(deployments: Sequence[Deployment], rows: _Rows) -> list[Group]:
    by_app = {deployment.app_id: deployment.pk for deployment in deployments}
    compared = (ConfigConstraint.Kind.MUST_EQUAL, ConfigConstraint.Kind.MUST_DIFFER)
    return [
        Group(
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


def _at_sign_off(
    deployments: Sequence[Deployment],
    variables: Mapping[int, Sequence[ConfigVar]],
    states: Mapping[int, Mapping[str, VariableState]],
    told: ChecklistDemands,
) -> dict[int, dict[str, tuple[str, str]]]:
    """By deployment id and name, (group, fingerprint) when the item was signed: what the first change since then says
    of before; the fingerprint of now where nothing changed since. Where none was known then, the first known since.
    """
    if not told.signed_at:
        return {}
    ids = [deployment.pk for deployment in deployments]
    drift: dict[tuple[int, str], list[VariableChange]] = defaultdict(list)
    changes = VariableChange.objects.filter(deployment__in=ids, at__gt=min(told.signed_at.values()))
    for change in changes.order_by("at", "pk"):
        drift[change.deployment_id, change.name].append(change)
    found: dict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    for deployment in deployments:
        for variable in variables.get(deployment.app_id, ()):
            at = told.signed_at.get(variable.pk)
            if at is not None and variable.name in states[deployment.pk]:
                since = [change for change in drift[deployment.pk, variable.name] if change.at > at]
                prints = _first_known(since, states[deployment.pk][variable.name].judged)
                group = private_group(deployment, variable.name)
                if group in prints:
                    found[deployment.pk][variable.name] = (group, prints[group])
    return found


def _first_known(changes: Sequence[VariableChange], now: Judged) -> Mapping[str, str]:
    """The fingerprints before the first of `changes`; where it had none, the first that there were."""
    for change in changes:
        for side in (change.before, change.after):
            if side.get("fingerprints"):
                prints: Mapping[str, str] = side["fingerprints"]
                return prints
    return now.fingerprints
