"""Reads that only the overview needs: checklists in progress, the issues of the day, all errors by minute."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Sum

from bootstrap.checklists.models import Run
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import progress_by_run
from detections.ingest.models import Quarantined
from detections.telemetry.models import Issue, IssueHour, MinuteCount


def quarantined() -> int:
    """Events that could not be digested and that nobody has looked after."""
    return Quarantined.objects.filter(resolved_at__isnull=True).count()


def errors_by_minute(project_ids: list[int], start: datetime, end: datetime) -> dict[datetime, int]:
    """Errors of all routes of these projects per minute (sparse)."""
    rows = MinuteCount.objects.filter(project__in=project_ids, series__kind="error", minute__gte=start, minute__lt=end)
    return dict(rows.values_list("minute").annotate(total=Sum("n")).order_by())


def top_issues(since: datetime, most: int) -> list[tuple[Issue, int]]:
    """Unresolved issues with most events since then. Two queries."""
    rows = IssueHour.objects.filter(hour__gte=since, issue__status=Issue.Status.UNRESOLVED)
    counted = dict(rows.values_list("issue_id").annotate(total=Sum("n")).order_by("-total", "issue_id")[:most])
    issues = Issue.objects.select_related("project").in_bulk(counted)
    return [(issues[pk], n) for pk, n in counted.items() if pk in issues]


def open_runs(now: datetime) -> list[tuple[Run, Progress]]:
    """Checklists that are being worked on, the least complete first."""
    runs = list(Run.objects.filter(closed_at__isnull=True).select_related("environment__system", "version__checklist"))
    progress = progress_by_run(runs, now)
    return sorted(((run, progress[run.pk]) for run in runs), key=lambda pair: (pair[1].percent, str(pair[0])))
