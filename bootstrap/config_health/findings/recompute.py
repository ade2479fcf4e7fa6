"""Judges the deployments of an environment, and opens and closes findings accordingly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from bootstrap.checklists.prerequisites_changed import judge_soon
from bootstrap.config_health.findings.inputs import EnvironmentInputs, read_inputs
from bootstrap.config_health.findings.judge import violations
from bootstrap.config_health.findings.violation import Violation
from bootstrap.config_health.models import Finding
from bootstrap.systems.models import Deployment, Environment

# Kinds that are judged by the manifest that the agent had. While it had an outdated one, open findings of these kinds
# are neither closed nor replaced.
_BY_MANIFEST = frozenset({Finding.Kind.WRONG_LITERAL.value})


def lock(environment_id: int) -> list[Deployment]:
    """Lock and return the environment's deployments with application and system. Call inside a transaction.

    The rows are locked in the order of their ids, so that two transactions never wait for each other. Other rows may
    still reference them (NO KEY).
    """
    rows = Deployment.objects.select_for_update(of=("self",), no_key=True).filter(environment=environment_id)
    return list(rows.select_related("app", "environment__system").order_by("pk"))


@transaction.atomic
def recompute(environment: Environment, now: datetime) -> int:
    """Judge all deployments of the environment as of `now`. Returns how many findings were opened or closed.

    Where there are some, rules are judged again after the commit.
    """
    deployments = lock(environment.pk)
    if not deployments:
        return 0
    changed = _apply(read_inputs(environment, deployments, now), deployments, now)
    if changed:
        transaction.on_commit(judge_soon)
    return changed


def _apply(inputs: EnvironmentInputs, deployments: Sequence[Deployment], now: datetime) -> int:
    open_now: dict[int, list[Finding]] = defaultdict(list)
    for finding in Finding.objects.filter(deployment__in=deployments, closed_at__isnull=True):
        open_now[finding.deployment_id].append(finding)
    closed: list[int] = []
    opened: list[Finding] = []
    for pk, deployment in inputs.deployments.items():
        wanted = {(v.subject, v.kind): v for v in violations(deployment, inputs.groups, inputs.deployments, now)}
        for finding in open_now[pk]:
            key = (finding.subject, finding.kind)
            undecided = finding.kind in _BY_MANIFEST and not deployment.manifest_is_current
            if undecided or (key in wanted and _same(finding, wanted[key])):
                wanted.pop(key, None)
            else:
                closed.append(finding.pk)
        opened += _findings(wanted.values(), pk, inputs, now)
    Finding.objects.filter(pk__in=closed).update(closed_at=now)
    Finding.objects.bulk_create(opened)
    return len(closed) + len(opened)


def _same(finding: Finding, violation: Violation) -> bool:
    return (finding.severity, finding.eased_from, finding.detail, finding.item_id) == (
        violation.severity,
        violation.eased_from,
        violation.detail,
        violation.item,
    )


def _findings(
    wanted: Iterable[Violation], deployment_id: int, inputs: EnvironmentInputs, now: datetime
) -> list[Finding]:
    report = inputs.reports.get(deployment_id)
    return [
        Finding(
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
        for violation in wanted
    ]
