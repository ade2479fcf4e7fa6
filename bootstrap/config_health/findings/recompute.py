"""Judges an environment, with what is deployed there, and opens and closes findings accordingly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from bootstrap.checklists.prerequisites_changed import judge_soon
from bootstrap.config_health.findings.inputs import read_inputs
from bootstrap.config_health.findings.judge import violations
from bootstrap.config_health.findings.overdue import overdue_by_deployment
from bootstrap.config_health.findings.violation import Violation
from bootstrap.config_health.models import ConfigReport, Finding
from bootstrap.systems.models import Deployment, Environment

# Kinds that are judged by the manifest that the agent had. While it had an outdated one, open findings of these kinds
# are neither closed nor replaced.
_BY_MANIFEST = frozenset({Finding.Kind.WRONG_LITERAL.value})


@dataclass(frozen=True)
class _Judged:
    """What is wrong at a deployment, or in the environment itself, by the newest report there."""

    violations: Sequence[Violation]
    report: ConfigReport | None = None
    manifest_is_current: bool = True


def lock(environment_id: int) -> list[Deployment]:
    """Lock and return the environment's deployments with application and system. Call inside a transaction.

    The rows are locked in the order of their ids, so that two transactions never wait for each other. Other rows may
    still reference them (NO KEY). Where nothing is deployed, the environment is locked.
    """
    rows = Deployment.objects.select_for_update(of=("self",), no_key=True).filter(environment=environment_id)
    deployments = list(rows.select_related("app", "environment__system").order_by("pk"))
    if not deployments:
        Environment.objects.select_for_update(no_key=True).get(pk=environment_id)
    return deployments


@transaction.atomic
def recompute(environment: Environment, now: datetime) -> int:
    """Judge the environment and all its deployments as of `now`. Returns how many findings were opened or closed.

    Where there are some, rules are judged again after the commit.
    """
    deployments = lock(environment.pk)
    changed = _apply(environment, _judged(environment, deployments, now), now)
    if changed:
        transaction.on_commit(judge_soon)
    return changed


def _judged(environment: Environment, deployments: Sequence[Deployment], now: datetime) -> dict[int | None, _Judged]:
    """By deployment id, what is wrong there; where nothing is deployed, by None what is wrong in the environment."""
    if not deployments:
        return {None: _Judged(overdue_by_deployment(environment, (), now).get(None, ()))}
    inputs = read_inputs(environment, deployments, now)
    return {
        pk: _Judged(
            list(violations(each, inputs.groups, inputs.deployments, now)),
            inputs.reports.get(pk),
            each.manifest_is_current,
        )
        for pk, each in inputs.deployments.items()
    }


def _apply(environment: Environment, judged: Mapping[int | None, _Judged], now: datetime) -> int:
    wanted = {(place, v.subject, v.kind): v for place, each in judged.items() for v in each.violations}
    closed: list[int] = []
    for finding in _open_findings(environment, judged):
        place, key = finding.deployment_id, (finding.deployment_id, finding.subject, finding.kind)
        # What stood at the environment itself moves to its first deployment once there is one.
        undecided = finding.kind in _BY_MANIFEST and place in judged and not judged[place].manifest_is_current
        if undecided or (key in wanted and _same(finding, wanted[key])):
            wanted.pop(key, None)
        else:
            closed.append(finding.pk)
    opened = [_finding(violation, place, judged[place].report, now) for (place, _, _), violation in wanted.items()]
    Finding.objects.filter(pk__in=closed).update(closed_at=now)
    Finding.objects.bulk_create(opened)
    return len(closed) + len(opened)


def _open_findings(environment: Environment, places: Iterable[int | None]) -> list[Finding]:
    found = Finding.objects.filter(closed_at__isnull=True)
    at_once = found.filter(deployment__isnull=True, run__environment=environment)
    return [*found.filter(deployment__in=[pk for pk in places if pk is not None]), *at_once]


def _same(finding: Finding, violation: Violation) -> bool:
    return (finding.severity, finding.eased_from, finding.detail, finding.item_id) == (
        violation.severity,
        violation.eased_from,
        violation.detail,
        violation.item,
    )


def _finding(violation: Violation, deployment_id: int | None, report: ConfigReport | None, now: datetime) -> Finding:
    return Finding(
        deployment_id=deployment_id,
        subject=violation.subject,
        kind=violation.kind,
        severity=violation.severity,
        eased_from=violation.eased_from,
        detail=violation.detail,
        opened_at=now,
        report=report,
        run_id=violation.run,
        item_id=violation.item,
    )
