"""Turns reports into the facts by which conditions and guards are evaluated.

Guards get fresh facts only: a posture reduces a severity while its guard is seen to be true, and a day after the last
report nobody can see that. Conditions (`required_when`) get the last reported facts however old, because silence must
not close the findings that follow from them. The silence is a finding of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from bootstrap.config_health.findings.flag_state import any_is_on
from bootstrap.config_health.models import ConfigReport, VariableState
from bootstrap.config_health.queries import newest_reports, states_by_deployment
from bootstrap.config_health.variable_status import IS_SET, SET, UNTOLD, is_fresh
from bootstrap.systems.models import Deployment, Flag
from bootstrap.systems.value_rules.conditions import Facts


def reported_facts(deployments: Collection[Deployment], now: datetime) -> dict[int, Facts]:
    """By deployment id, the facts for guards at `now`. Load the environment with each deployment. Three statements."""
    ids = [deployment.pk for deployment in deployments]
    states, reports = states_by_deployment(ids), newest_reports(ids)
    flags = list(Flag.objects.filter(system__environments__deployments__in=ids).distinct())
    return {
        deployment.pk: fresh_facts(
            deployment,
            states[deployment.pk],
            reports.get(deployment.pk),
            [flag for flag in flags if flag.system_id == deployment.environment.system_id],
            now,
        )
        for deployment in deployments
    }


def fresh_facts(
    deployment: Deployment,
    states: Mapping[str, VariableState],
    report: ConfigReport | None,
    flags: Iterable[Flag],
    now: datetime,
) -> Facts:
    """The facts that were reported recently enough to be fresh; an older number of workers is unknown."""
    reported_at = report.reported_at if report else None
    fresh = {name: row for name, row in states.items() if is_fresh(row.last_reported_at or reported_at, now)}
    if report is None or is_fresh(reported_at, now) or "workers" not in report.facts:
        return facts_of(deployment, fresh, report, flags)
    return Facts(_flags(fresh, flags), _states(fresh))


def facts_of(
    deployment: Deployment, states: Mapping[str, VariableState], report: ConfigReport | None, flags: Iterable[Flag]
) -> Facts:
    """The last reported facts. Flags are by name and alias; workers as reported, else as set on the deployment."""
    workers = (report.facts.get("workers") if report else None) or deployment.workers
    return Facts(_flags(states, flags), _states(states), workers)


def _flags(states: Mapping[str, VariableState], flags: Iterable[Flag]) -> dict[str, bool]:
    known: dict[str, bool] = {}
    for flag in flags:
        names = (flag.name, *flag.aliases)
        on = any_is_on(states[name].judged for name in names if name in states)
        if on is not None:
            known.update(dict.fromkeys(names, on))
    return known


def _states(states: Mapping[str, VariableState]) -> dict[str, str]:
    """What conditions ask of each variable: one that is set without its value being seen is set."""
    return {name: SET if row.state in IS_SET else row.state for name, row in states.items() if row.state not in UNTOLD}
