"""What agents reported of the environment's deployments: variables that drifted, findings that opened or closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Q
from django.urls import reverse

from bootstrap.config_health.models import Finding, VariableChange
from bootstrap.config_health.queries import FINDING_PLACES, in_environments
from bootstrap.config_health.variable_status import JudgedVariable, differences
from bootstrap.systems.models import Deployment, Environment
from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange

NAME = "Configuration"
RELATED = ("deployment__app", "deployment__environment__system")
DRIFT, FINDING, CLOSED = "drift", "finding", "closed"


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """Two queries; none without an environment of a system."""
    if not question.environments:
        return []
    there = {"deployment__environment__in": question.environments}
    drift = VariableChange.objects.filter(question.unread(DRIFT), **there, **question.within("at"))
    happened = Q(**question.within("opened_at")) & question.unread(FINDING)
    happened |= Q(**question.within("closed_at")) & question.unread(FINDING, CLOSED)
    findings = Finding.objects.filter(happened, in_environments(question.environments)).select_related(*FINDING_PLACES)
    changes = [_drifted(row) for row in drift.select_related(*RELATED).order_by("-at", "-id")[: question.most]]
    changes += [each for row in findings.order_by("-opened_at", "-id")[: question.most] for each in _found(row)]
    return [change for change in changes if question.start <= change.at <= question.end]


def _drifted(row: VariableChange) -> RecentChange:
    words = ", ".join(differences(JudgedVariable(**row.before), JudgedVariable(**row.after)))
    where, url = row.deployment.host_name, _drift_page(row.deployment)
    return RecentChange(NAME, row.at, f"{row.name}: {words}", f"{DRIFT}:{row.pk}", where, url=url)


def _found(row: Finding) -> Iterator[RecentChange]:
    """Its opening, and its end where it has ended."""
    what, ref = f"{row.subject or 'Reports'}: {row.get_kind_display().lower()}", f"{FINDING}:{row.pk}"
    where, url = row.where, _drift_page(row.deployment) if row.deployment else _environment_page(row.environment)
    critical = row.severity == Finding.Severity.CRITICAL
    yield RecentChange(NAME, row.opened_at, f"{what} ({row.severity})", ref, where, url=url, notable=critical)
    if row.closed_at is not None:
        yield RecentChange(NAME, row.closed_at, f"{what}, no longer", f"{ref}:{CLOSED}", where, url=url)


def _drift_page(deployment: Deployment) -> str:
    environment = deployment.environment
    return reverse("config_drift", args=[environment.system.slug, environment.slug, deployment.app.slug])


def _environment_page(environment: Environment) -> str:
    return reverse("environment", args=[environment.system.slug, environment.slug])


SOURCE = ChangeSource(NAME, read)
