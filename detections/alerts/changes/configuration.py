"""What agents reported of the environment's deployments: variables that drifted, findings that opened or closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Q
from django.urls import reverse

from bootstrap.config_health.models import Finding, VariableChange
from bootstrap.config_health.variable_status import JudgedVariable, differences
from bootstrap.systems.models import Deployment
from detections.alerts.changes.contract import ChangeQuestion, ChangeSource, RecentChange

NAME = "Configuration"
RELATED = ("deployment__app", "deployment__environment__system")


def read(question: ChangeQuestion) -> Sequence[RecentChange]:
    """Two queries; none where the environment belongs to no system."""
    if question.environment is None:
        return []
    of_environment = {"deployment__environment": question.environment}
    drift = VariableChange.objects.filter(**of_environment, **question.within("at")).select_related(*RELATED)
    happened = Q(**question.within("opened_at")) | Q(**question.within("closed_at"))
    findings = Finding.objects.filter(happened, **of_environment).select_related(*RELATED)
    changes = [_drifted(row) for row in drift.order_by("-at", "-id")[: question.most]]
    changes += [each for row in findings.order_by("-opened_at", "-id")[: question.most] for each in _found(row)]
    return [change for change in changes if question.start <= change.at <= question.end]


def _drifted(row: VariableChange) -> RecentChange:
    words = ", ".join(differences(JudgedVariable(**row.before), JudgedVariable(**row.after)))
    return RecentChange(NAME, row.at, f"{row.name}: {words}", row.deployment.host_name, url=_drift_page(row.deployment))


def _found(row: Finding) -> Iterator[RecentChange]:
    """Its opening, and its end where it has ended."""
    what = f"{row.subject or 'Reports'}: {row.get_kind_display().lower()}"
    url = _drift_page(row.deployment)
    yield RecentChange(NAME, row.opened_at, f"{what} ({row.severity})", row.deployment.host_name, url=url)
    if row.closed_at is not None:
        yield RecentChange(NAME, row.closed_at, f"{what}, no longer", row.deployment.host_name, url=url)


def _drift_page(deployment: Deployment) -> str:
    environment = deployment.environment
    return reverse("config_drift", args=[environment.system.slug, environment.slug, deployment.app.slug])


SOURCE = ChangeSource(NAME, read)
