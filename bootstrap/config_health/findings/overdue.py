"""What is overdue in the open checklists of an environment, as violations of a deployment or of the environment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from bootstrap.checklists.models import Run
from bootstrap.checklists.plans.queries import Overdue, overdue
from bootstrap.config_health.findings.violation import WARNING, Violation
from bootstrap.systems.models import Deployment, Environment

TITLE_LENGTH = 90  # characters of a checklist's title in a subject


def overdue_by_deployment(
    environment: Environment, deployments: Sequence[Deployment], now: datetime
) -> dict[int | None, list[Violation]]:
    """By deployment id, one violation for each overdue item and run at `now`: a warning, which wakes nobody.

    They stand at the deployment of the checklist's application, else at the environment's first one, else, where
    nothing is deployed, at None: the environment itself. Six statements at most, one where nothing is overdue.
    """
    by_app: dict[int | None, int] = {deployment.app_id: deployment.pk for deployment in deployments}
    first = deployments[0].pk if deployments else None
    found: dict[int | None, list[Violation]] = defaultdict(list)
    for late in overdue(now, Run.objects.filter(environment=environment)):
        found[by_app.get(late.run.version.checklist.app_id, first)].append(_violation(late))
    return found


def _violation(late: Overdue) -> Violation:
    name = late.item.key if late.item else late.run.version.checklist.title[:TITLE_LENGTH]
    return Violation(
        subject=f"{name} (run {late.run.pk})",
        kind="overdue_item" if late.item else "overdue_run",
        severity=WARNING,
        detail=late.describe(),
        run=late.run.pk,
        item=late.item.pk if late.item else None,
    )
