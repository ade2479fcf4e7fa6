"""Queries of the overview only: checklists in progress, top issues, all errors by minute."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Sum

from bootstrap.checklists.models import Run
from bootstrap.checklists.plans.of_runs import overdue_items
from bootstrap.checklists.plans.queries import overdue
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


class RunInProgress(NamedTuple):
    """An open run with its counts. `overdue` says what of it is, empty where nothing is."""

    run: Run
    progress: Progress
    overdue: str


def open_runs(now: datetime) -> list[RunInProgress]:
    """The open runs of checklists, overdue ones first, then the least complete."""
    runs = list(Run.objects.filter(closed_at__isnull=True).select_related("environment__system", "version__checklist"))
    progress, late = progress_by_run(runs, now), overdue(now)
    items, whole = overdue_items(late), {each.run.pk: each.due_on for each in late if each.item is None}
    rows = [RunInProgress(run, progress[run.pk], _overdue(whole.get(run.pk), items[run.pk])) for run in runs]
    return sorted(rows, key=lambda row: (not row.overdue, row.progress.percent, str(row.run)))


def _overdue(due_on: date | None, items: int) -> str:
    parts = [f"was due {due_on}"] if due_on else []
    parts += [f"{items} item{'' if items == 1 else 's'} overdue"] if items else []
    return ", ".join(parts)
