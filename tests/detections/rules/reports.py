"""What bootstrap writes when an agent reports: findings and reports, made directly, at moments of the test's choice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bootstrap.config_health.models import ConfigReport, Finding
from bootstrap.systems.models import App, Deployment, Environment, System
from detections.rules import packs
from detections.rules.models import Rule
from tests.detections.rules.world import NOON

DSN = "SENTRY_DSN_BACKEND"


def deployment(slug: str = "prod", app: str = "raxx-api", system: str = "raptor") -> Deployment:
    """An application that no project and no event is known of, under the name `<app>-<slug>`."""
    owner = System.objects.get_or_create(slug=system, defaults={"name": system.title()})[0]
    made = App.objects.get_or_create(system=owner, slug=app, defaults={"name": app})[0]
    place = Environment.objects.get_or_create(system=owner, slug=slug, defaults={"name": slug.title()})[0]
    return Deployment.objects.get_or_create(app=made, environment=place, defaults={"host_name": f"{app}-{slug}"})[0]


def report(at: Deployment, when: datetime, release: str = "v12") -> ConfigReport:
    return ConfigReport.objects.create(
        deployment=at, reported_at=when, received_at=when, release=release, content_hash=f"{when:%H%M%S%f}"
    )


def opened(
    at: Deployment,
    when: datetime,
    subject: str = DSN,
    kind: str = "missing",
    severity: str = "critical",
    by: ConfigReport | None = None,
    **fields: Any,
) -> Finding:
    return Finding.objects.create(
        deployment=at, subject=subject, kind=kind, severity=severity, opened_at=when, report=by, **fields
    )


def closed(finding: Finding, when: datetime) -> None:
    finding.closed_at = when
    finding.save(update_fields=["closed_at"])


def rule(now: datetime = NOON) -> Rule:
    """The shipped one."""
    packs.load(now)
    return Rule.objects.get(identifier="DET-CONFIG-001")
