"""Queries of the overview only: checklists in progress, top issues, all errors by minute."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from bootstrap.checklists.models import Run
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import progress_by_run
from detections.ingest.models import Quarantined
from detections.telemetry.count_models import MinuteCount
from detections.telemetry.models import Issue, IssueHour


def quarantined() -> int:
    """The number of quarantined events that are not resolved."""
    return Quarantined.objects.filter(resolved_at__isnull=True).count()


def errors_by_minute(project_ids: list[int], start: datetime, end: datetime) -> dict[datetime, int]:
    """By minute, the errors of all routes of these projects; minutes without errors are left out."""
    rows = MinuteCount.objects.filter(project__in=project_ids, series__kind="error", minute__gte=start, minute__lt=end)
    return dict(rows.values_list("minute").annotate(total=Sum("n")).order_by())


def top_issues(since: datetime, most: int) -> list[tuple[Issue, int]]:
    """The unresolved issues with most events since then, and these events. Two queries."""
    rows = IssueHour.objects.filter(hour__gte=since, issue__status=Issue.Status.UNRESOLVED)
    counted = dict(rows.values_list("issue_id").annotate(total=Sum("n")).order_by("-total", "issue_id")[:most])
    issues = Issue.objects.select_related("project").in_bulk(counted)
    return [(issues[pk], n) for pk, n in counted.items() if pk in issues]


def open_runs(now: datetime) -> list[tuple[Run, Progress]]:
    """The open runs of checklists, the least complete first."""
    runs = list(Run.objects.filter(closed_at__isnull=True).select_related("environment__system", "version__checklist"))
    progress = progress_by_run(runs, now)
    return sorted(((run, progress[run.pk]) for run in runs), key=lambda pair: (pair[1].percent, str(pair[0])))
