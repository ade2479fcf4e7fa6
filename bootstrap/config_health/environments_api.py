"""Environments over the API: deployments, newest reports, open findings and open checklists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from bootstrap.checklists.api import run_out
from bootstrap.checklists.api_schemas import RunOut
from bootstrap.checklists.models import Run
from bootstrap.checklists.plans.of_runs import run_plans
from bootstrap.checklists.plans.view import PlanView
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import open_runs, progress_by_run
from bootstrap.config_health.models import ConfigReport, Finding
from bootstrap.config_health.queries import (
    SEVERITY_ORDER,
    findings_by_severity,
    newest_reports,
    worst_of_each_environment,
)
from bootstrap.config_health.variable_status import is_fresh
from bootstrap.systems.models import Deployment, Environment
from bootstrap.systems.queries import environments_with_hosts
from opsconsole.lib import clock
from opsconsole.lib.web.api_schemas import Page, Paged, Problem
from opsconsole.lib.web.paging import page

environments = Router(tags=["environments"])
MAX_FINDINGS = 20  # of each of up to a hundred environments; the counts include the rest


class DeploymentOut(Schema):
    """An application in an environment."""

    app: str
    host: str = Field(description="What its host calls it.")
    reported_at: datetime | None = Field(description="Of the newest report; null while none has come.")
    fresh: bool = Field(description="Whether that report is at most 26 hours old.")


class OpenFindingOut(Schema):
    """Something wrong with a deployment's configuration now, or overdue in a checklist."""

    app: str = Field(description="Empty where nothing is deployed and a checklist is overdue.")
    subject: str = Field(description="A variable's name; empty for the report as a whole.")
    kind: str
    severity: str
    eased_from: str = Field(description="The severity without what eases it, which the detail names; else empty.")
    detail: str
    opened_at: datetime


class FindingCounts(Schema):
    """Open findings by severity."""

    critical: int
    warning: int
    info: int


class EnvironmentOut(Schema):
    """Where a system runs."""

    id: int
    environment: str = Field(description="system/environment, as commands name it.")
    name: str
    aliases: list[str] = Field(description="Other names that events may carry.")
    hosts: list[str] = Field(description="What its applications are called by their host.")
    deployments: list[DeploymentOut]
    open_findings: FindingCounts
    findings: list[OpenFindingOut] = Field(description=f"Open ones, worst first, at most {MAX_FINDINGS}.")
    checklists: list[RunOut] = Field(description="Open runs.")


@dataclass(frozen=True)
class _PageData:
    """What was read for all environments of a page.

    Reports are by deployment id, counts and findings by environment id, progress and plans by run id.
    """

    reports: Mapping[int, ConfigReport]
    counts: Mapping[int, Mapping[str, int]]
    findings: Mapping[int, Sequence[Finding]]
    runs: Sequence[Run]
    progress: Mapping[int, Progress]
    plans: Mapping[int, PlanView]
    now: datetime


@environments.get("/", response={200: Page[EnvironmentOut], 422: Problem}, url_name="environments", summary="List them")
def list_environments(request: HttpRequest, asked: Query[Paged]) -> dict[str, Any]:
    rows, following = page(request, environments_with_hosts(), (("id", int),), descending=False)
    data = _page_data(rows, clock.now())
    return {"items": [_environment(each, data) for each in rows], "next": following}


def _page_data(rows: Iterable[Environment], now: datetime) -> _PageData:
    ids = [environment.pk for environment in rows]
    deployments = [deployment.pk for environment in rows for deployment in environment.deployments.all()]
    runs = list(open_runs().filter(environment__in=ids))
    return _PageData(
        newest_reports(deployments),
        findings_by_severity(ids),
        worst_of_each_environment(ids, MAX_FINDINGS),
        runs,
        progress := progress_by_run(runs, now),
        run_plans(runs, progress, now),
        now,
    )


def _environment(environment: Environment, data: _PageData) -> dict[str, Any]:
    deployments = list(environment.deployments.all())
    counts = data.counts.get(environment.pk, {})
    return {
        "id": environment.pk,
        "environment": environment.path,
        "name": environment.name,
        "aliases": environment.aliases,
        "hosts": [deployment.host_name for deployment in deployments],
        "deployments": [_deployment(deployment, data) for deployment in deployments],
        "open_findings": {severity: counts.get(severity, 0) for severity in SEVERITY_ORDER},
        "findings": [_finding(finding) for finding in data.findings.get(environment.pk, ())],
        "checklists": [
            run_out(run, data.progress[run.pk], data.plans[run.pk])
            for run in data.runs
            if run.environment_id == environment.pk
        ],
    }


def _deployment(deployment: Deployment, data: _PageData) -> dict[str, Any]:
    report = data.reports.get(deployment.pk)
    at = report.reported_at if report else None
    return {
        "app": deployment.app.slug,
        "host": deployment.host_name,
        "reported_at": at,
        "fresh": is_fresh(at, data.now),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    names = ("subject", "kind", "severity", "eased_from", "detail", "opened_at")
    app = finding.deployment.app.slug if finding.deployment else ""
    return {"app": app, **{name: getattr(finding, name) for name in names}}
