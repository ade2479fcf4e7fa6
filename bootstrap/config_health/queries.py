"""Reads of reports, states and findings; a fixed number of statements, however many variables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Case, Count, OuterRef, QuerySet, Subquery, When, Window
from django.db.models.functions import RowNumber

from bootstrap.checklists.models import SignOff
from bootstrap.config_health.models import ConfigReport, Finding, VariableState
from bootstrap.config_health.variable_status import Judged, is_fresh
from bootstrap.systems.models import Deployment

# Worst first; what is not listed here comes last.
SEVERITY_ORDER = ("critical", "warning", "info")


_TAKEN_OVER = "taken_over_from"
# From each act back to what it stands for. Only backwards: whatever evidence says, this comes to an end.
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
class Reported:
    """What was told last of one variable of a deployment."""

    deployment_id: int
    environment_id: int
    app_id: int
    name: str
    judged: Judged
    reported_at: datetime  # of the newest report that names it

    def fresh(self, now: datetime) -> bool:
        return is_fresh(self.reported_at, now)


def newest_reports(deployment_ids: Collection[int]) -> dict[int, ConfigReport]:
    """By deployment id, the report that counts; deployments that never reported are left out."""
    reports = ConfigReport.objects.filter(deployment__in=deployment_ids)
    newest = reports.order_by("deployment_id", "-reported_at", "-pk").distinct("deployment_id")
    return {report.deployment_id: report for report in newest}


def states_by_deployment(deployment_ids: Collection[int]) -> dict[int, dict[str, VariableState]]:
    """By deployment id and name, the state of each variable that was ever reported."""
    found: dict[int, dict[str, VariableState]] = {pk: {} for pk in deployment_ids}
    for state in VariableState.objects.filter(deployment__in=deployment_ids):
        found[state.deployment_id][state.name] = state
    return found


def reported(environment_ids: Collection[int], names: Collection[str]) -> list[Reported]:
    """What reports of these environments said last of variables of these names, by deployment. One statement."""
    newest = ConfigReport.objects.filter(deployment=OuterRef("deployment")).order_by("-reported_at", "-pk")
    states = VariableState.objects.filter(deployment__environment__in=environment_ids, name__in=names)
    told = states.annotate(newest_at=Subquery(newest.values("reported_at")[:1]))
    return [
        Reported(
            deployment_id=state.deployment_id,
            environment_id=state.deployment.environment_id,
            app_id=state.deployment.app_id,
            name=state.name,
            judged=state.judged,
            reported_at=state.last_reported_at or state.newest_at,
        )
        for state in told.select_related("deployment").order_by("deployment_id", "name")
        if state.newest_at is not None
    ]


def first_made(acts: Collection[SignOff]) -> dict[int, datetime]:
    """By id of an act, when it was made at first: a run that moved to another version took it over from an earlier one,
    perhaps several times. One statement at most."""
    if any(_TAKEN_OVER in act.evidence for act in acts):
        with connection.cursor() as cursor:
            cursor.execute(FIRST_MADE, [[act.pk for act in acts]])
            return dict(cursor.fetchall())
    return {act.pk: act.at for act in acts}


def open_findings() -> QuerySet[Finding]:
    """What is wrong now, with the deployments' names, newest first."""
    found = Finding.objects.filter(closed_at__isnull=True)
    return found.select_related("deployment__app", "deployment__environment__system").order_by("-opened_at", "-pk")


def findings_by_severity(environment_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """By environment id and severity, how many findings are open; what there is none of is left out."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    rows = Finding.objects.filter(deployment__environment__in=environment_ids, closed_at__isnull=True).order_by()
    counted = rows.values("deployment__environment", "severity").annotate(found=Count("pk"))
    for environment, severity, count in counted.values_list("deployment__environment", "severity", "found"):
        found[environment][severity] = count
    return found


def worst_of_each_environment(environment_ids: Collection[int], most: int) -> dict[int, list[Finding]]:
    """By environment id, its open findings, worst first, at most `most`; with deployment and application."""
    rank = Case(*(When(severity=severity, then=number) for number, severity in enumerate(SEVERITY_ORDER)), default=9)
    order = ("rank", "subject", "kind", "pk")
    place = Window(RowNumber(), partition_by="deployment__environment", order_by=order)
    rows = open_findings().filter(deployment__environment__in=environment_ids).annotate(rank=rank)
    found: dict[int, list[Finding]] = defaultdict(list)
    for finding in rows.annotate(place=place).filter(place__lte=most).order_by(*order):
        found[finding.deployment.environment_id].append(finding)
    return found


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By severity, then by subject."""
    return sorted(findings, key=lambda each: (SEVERITY_ORDER.index(each.severity), each.subject, each.kind))


def deployments_of(environment_id: int) -> QuerySet[Deployment]:
    """The deployments of an environment in the order of their ids, with what their pages name."""
    found = Deployment.objects.filter(environment=environment_id)
    return found.select_related("app", "environment__system").order_by("pk")
