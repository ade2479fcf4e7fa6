"""Reads of what runbooks tell."""

from __future__ import annotations

from django.db.models import Count, QuerySet

from bootstrap.runbooks.models import RunbookVersion
from bootstrap.runbooks.version_contents import Policy


def newest_versions() -> QuerySet[RunbookVersion]:
    """The newest version of each runbook."""
    newest = RunbookVersion.objects.order_by("runbook_id", "-number").distinct("runbook_id")
    return RunbookVersion.objects.filter(pk__in=newest.values("pk"))


def policies() -> QuerySet[Policy]:
    """What the newest version of each runbook sets, by runbook, with counts `incident_count` and `table_count`."""
    found = Policy.objects.filter(version__in=newest_versions()).select_related("version__runbook__system")
    counted = found.annotate(
        incident_count=Count("incidents", distinct=True), table_count=Count("tables", distinct=True)
    )
    return counted.order_by("version__runbook__title", "order")
