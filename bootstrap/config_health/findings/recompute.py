"""Judges the deployments of an environment anew and opens and closes findings accordingly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from bootstrap.checklists.prerequisites_changed import judge_soon
from bootstrap.config_health.findings.inputs import World, gather
from bootstrap.config_health.findings.judge import Violation, verdicts
from bootstrap.config_health.models import Finding
from bootstrap.systems.models import Deployment, Environment

# What is judged by the manifest that the agent had: while that is an older one, open findings of it stay as they are.
_BY_MANIFEST = frozenset({Finding.Kind.WRONG_LITERAL.value})


def lock(environment_id: int) -> list[Deployment]:
    """Wait for the environment's deployments, whose variables are compared; call inside a transaction.

    In the order of their ids, so that two that wait never wait for each other; others may still point at the rows.
    """
    rows = Deployment.objects.select_for_update(of=("self",), no_key=True).filter(environment=environment_id)
    return list(rows.select_related("app", "environment__system").order_by("pk"))


@transaction.atomic
def recompute(environment: Environment, now: datetime) -> int:
    """Judge all deployments of the environment as of `now`. Returns how many findings were opened or closed."""
    deployments = lock(environment.pk)
    if not deployments:
        return 0
    changed = _settle(gather(environment, deployments, now), deployments, now)
    if changed:
        transaction.on_commit(judge_soon)
    return changed


def _settle(world: World, deployments: Sequence[Deployment], now: datetime) -> int:
    open_now: dict[int, list[Finding]] = defaultdict(list)
    for finding in Finding.objects.filter(deployment__in=deployments, closed_at__isnull=True):
        open_now[finding.deployment_id].append(finding)
    closed: list[int] = []
    opened: list[Finding] = []
    for pk, place in world.places.items():
        wanted = {(v.subject, v.kind): v for v in verdicts(place, world.groups, world.places, now)}
        for finding in open_now[pk]:
            key = (finding.subject, finding.kind)
            undecided = finding.kind in _BY_MANIFEST and not place.literals_known
            if undecided or (key in wanted and _same(finding, wanted[key])):
                wanted.pop(key, None)
            else:
                closed.append(finding.pk)
        opened += _findings(wanted.values(), pk, world, now)
    Finding.objects.filter(pk__in=closed).update(closed_at=now)
    Finding.objects.bulk_create(opened)
    return len(closed) + len(opened)


def _same(finding: Finding, verdict: Violation) -> bool:
    return (finding.severity, finding.detail) == (verdict.severity, verdict.detail)


def _findings(wanted: Iterable[Violation], deployment_id: int, world: World, now: datetime) -> list[Finding]:
    report = world.reports.get(deployment_id)
    return [
        Finding(
            deployment_id=deployment_id,
            subject=verdict.subject,
            kind=verdict.kind,
            severity=verdict.severity,
            detail=verdict.detail,
            opened_at=now,
            report=report,
        )
        for verdict in wanted
    ]
