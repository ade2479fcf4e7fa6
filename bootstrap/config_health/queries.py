"""Reads of reports, states and findings. The number of statements does not depend on the number of variables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Case, Count, OuterRef, Q, QuerySet, Subquery, When, Window
from django.db.models.functions import Coalesce, RowNumber

from bootstrap.checklists.models import SignOff
from bootstrap.config_health.models import OVERDUE_KINDS, ConfigReport, Finding, VariableState
from bootstrap.config_health.variable_status import JudgedVariable, is_fresh
from bootstrap.systems.models import Deployment, Environment

# Worst first.
SEVERITY_ORDER = ("critical", "warning", "info")

# What names the place of a finding, and the id of its environment.
FINDING_PLACES = ("deployment__app__system", "deployment__environment__system", "run__environment__system")
PLACE = Coalesce("deployment__environment_id", "run__environment_id")

_TAKEN_OVER = "taken_over_from"
# For each act, the time of the act that it was carried over from, and so on back to the first. It follows smaller ids
# only, so that it ends whatever the evidence says.
FIRST_MADE = """
WITH RECURSIVE made (act, id, at, evidence) AS (
    SELECT id, id, at, evidence FROM bootstrap_signoff WHERE id = ANY(%s)
    UNION ALL
    SELECT made.act, earlier.id, earlier.at, earlier.evidence
    FROM made JOIN bootstrap_signoff earlier
        ON earlier.id < made.id AND earlier.id = CASE
            WHEN jsonb_typeof(made.evidence -> 'taken_over_from') = 'number'
            THEN (made.evidence -> 'taken_over_from')::bigint
        END
)
SELECT DISTINCT ON (act) act, at FROM made ORDER BY act, id
"""


@dataclass(frozen=True)
class ReportedVariable:
    """The last reported state of one variable of a deployment."""

    deployment_id: int
    environment_id: int
    app_id: int
    name: str
    judged: JudgedVariable
    reported_at: datetime  # of the newest report that names it

    def fresh(self, now: datetime) -> bool:
        return is_fresh(self.reported_at, now)


def newest_reports(deployment_ids: Collection[int]) -> dict[int, ConfigReport]:
    """By deployment id, its newest report. Deployments that never reported are left out."""
    reports = ConfigReport.objects.filter(deployment__in=deployment_ids)
    newest = reports.order_by("deployment_id", "-reported_at", "-pk").distinct("deployment_id")
    return {report.deployment_id: report for report in newest}


def states_by_deployment(deployment_ids: Collection[int]) -> dict[int, dict[str, VariableState]]:
    """By deployment id and variable, the state of each variable that was ever reported."""
    states: dict[int, dict[str, VariableState]] = {pk: {} for pk in deployment_ids}
    for state in VariableState.objects.filter(deployment__in=deployment_ids):
        states[state.deployment_id][state.name] = state
    return states


def reported_variables(environment_ids: Collection[int], names: Collection[str]) -> list[ReportedVariable]:
    """The last reported states of variables of these names, by deployment and name. One statement."""
    newest = ConfigReport.objects.filter(deployment=OuterRef("deployment")).order_by("-reported_at", "-pk")
    states = VariableState.objects.filter(deployment__environment__in=environment_ids, name__in=names)
    rows = states.annotate(newest_at=Subquery(newest.values("reported_at")[:1]))
    return [
        ReportedVariable(
            deployment_id=state.deployment_id,
            environment_id=state.deployment.environment_id,
            app_id=state.deployment.app_id,
            name=state.name,
            judged=state.judged,
            reported_at=state.last_reported_at or state.newest_at,
        )
        for state in rows.select_related("deployment").order_by("deployment_id", "name")
        if state.newest_at is not None
    ]


def first_made(acts: Collection[SignOff]) -> dict[int, datetime]:
    """By id of an act, when the person made it: an act that was carried over to a newer run has the time of the first.

    One statement at most.
    """
    if any(_TAKEN_OVER in act.evidence for act in acts):
        with connection.cursor() as cursor:
            cursor.execute(FIRST_MADE, [[act.pk for act in acts]])
            return dict(cursor.fetchall())
    return {act.pk: act.at for act in acts}


def open_findings() -> QuerySet[Finding]:
    """Open findings with their deployments, applications, environments and systems, newest first; those without a
    deployment have their environment by their run."""
    findings = Finding.objects.filter(closed_at__isnull=True).select_related(*FINDING_PLACES)
    return findings.order_by("-opened_at", "-pk")


def in_environments(ids: Collection[int] | Collection[Environment]) -> Q:
    """Which findings are about these environments, deployed or not."""
    return Q(deployment__environment__in=ids) | Q(deployment__isnull=True, run__environment__in=ids)


def reported_findings() -> QuerySet[Finding]:
    """The open findings about configuration: what agents report, or stopped reporting."""
    return open_findings().exclude(kind__in=OVERDUE_KINDS)


def findings_by_severity(environment_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """By environment id and severity, the number of open findings. Zeros are left out."""
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Finding.objects.filter(in_environments(environment_ids), closed_at__isnull=True).order_by()
    counted = rows.annotate(place=PLACE).values("place", "severity").annotate(number=Count("pk"))
    for environment, severity, count in counted.values_list("place", "severity", "number"):
        counts[environment][severity] = count
    return counts


def worst_of_each_environment(environment_ids: Collection[int], limit: int) -> dict[int, list[Finding]]:
    """By environment id, its open findings, worst first, at most `limit` of each; with their places."""
    rank = Case(*(When(severity=severity, then=number) for number, severity in enumerate(SEVERITY_ORDER)), default=9)
    order = ("rank", "subject", "kind", "pk")
    place = Window(RowNumber(), partition_by=PLACE, order_by=order)
    rows = open_findings().filter(in_environments(environment_ids)).annotate(rank=rank)
    findings: dict[int, list[Finding]] = defaultdict(list)
    for finding in rows.annotate(place=place).filter(place__lte=limit).order_by(*order):
        findings[finding.environment.pk].append(finding)
    return findings


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then by subject."""
    return sorted(findings, key=lambda each: (SEVERITY_ORDER.index(each.severity), each.subject, each.kind))


def deployments_of(environment_id: int) -> QuerySet[Deployment]:
    """The deployments of an environment by id, with application, environment and system."""
    deployments = Deployment.objects.filter(environment=environment_id)
    return deployments.select_related("app", "environment__system").order_by("pk")
