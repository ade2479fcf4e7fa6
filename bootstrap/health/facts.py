"""What reports tell of deployments, as the facts that conditions and guards are asked with."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from bootstrap.health.judged import NOT_REPORTED
from bootstrap.health.models import ConfigReport, VariableState
from bootstrap.health.queries import newest_reports, states_by_deployment
from bootstrap.health.verdicts import flag_is_on
from bootstrap.systems.conditions import Facts
from bootstrap.systems.manifest import FLAG_WORDS
from bootstrap.systems.models import Deployment, Flag


def reported_facts(deployments: Collection[Deployment]) -> dict[int, Facts]:
    """By deployment id, what its newest report says; load the environment with each. Three statements."""
    ids = [deployment.pk for deployment in deployments]
    states, reports = states_by_deployment(ids), newest_reports(ids)
    flags = list(Flag.objects.filter(system__environments__deployments__in=ids).distinct())
    return {
        deployment.pk: facts_of(
            deployment,
            states[deployment.pk],
            reports.get(deployment.pk),
            [flag for flag in flags if flag.system_id == deployment.environment.system_id],
        )
        for deployment in deployments
    }


def facts_of(
    deployment: Deployment, states: Mapping[str, VariableState], report: ConfigReport | None, flags: Iterable[Flag]
) -> Facts:
    """Flags by name and alias; workers as reported, else as the deployment's row names them."""
    known: dict[str, bool] = {}
    for flag in flags:
        names = (flag.name, *flag.aliases)
        told = [flag_is_on(FLAG_WORDS, states[name].judged) for name in names if name in states]
        on = next((each for each in told if each is not None), None)
        if on is not None:
            known.update(dict.fromkeys(names, on))
    workers = (report.facts.get("workers") if report else None) or deployment.workers
    return Facts(known, {name: row.state for name, row in states.items() if row.state != NOT_REPORTED}, workers)
