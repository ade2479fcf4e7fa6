"""Reads of runbooks and their policies."""

from __future__ import annotations

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from bootstrap.runbooks.models import Runbook, RunbookVersion
from bootstrap.runbooks.version_contents import Policy


def newest_versions() -> QuerySet[RunbookVersion]:
    """The newest version of each runbook."""
    newest = RunbookVersion.objects.order_by("runbook_id", "-number").distinct("runbook_id")
    return RunbookVersion.objects.filter(pk__in=newest.values("pk"))


def having_words(runbooks: QuerySet[Runbook], words: str) -> QuerySet[Runbook]:
    """Those that have each of the words in their title or in the text of their newest version."""
    for word in words.split():
        text = newest_versions().filter(runbook=OuterRef("pk"), source__icontains=word)
        runbooks = runbooks.filter(Q(title__icontains=word) | Exists(text))
    return runbooks


def policies() -> QuerySet[Policy]:
    """The policies in the newest version of each runbook, by runbook, with `incident_count` and `table_count`."""
    newest = Policy.objects.filter(version__in=newest_versions()).select_related("version__runbook__system")
    counted = newest.annotate(
        incident_count=Count("incidents", distinct=True), table_count=Count("tables", distinct=True)
    )
    return counted.order_by("version__runbook__title", "order")
