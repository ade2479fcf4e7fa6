"""Reads that only the overview needs: how the console itself does, and the issues of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Sum

from bootstrap.checklists.models import Run
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import progress_by_run
from detections.alerts.models import Delivery
from detections.ingest.models import Inbox, Quarantined
from detections.rules.models import Slot
from detections.telemetry.models import Issue, IssueHour, MinuteCount, ProjectKey


@dataclass(frozen=True)
class Backlog:
    """How much waits somewhere, and since when the oldest does."""

    waiting: int
    oldest: datetime | None


def inbox() -> Backlog:
    """Accepted requests that are not digested yet."""
    found = Inbox.objects.aggregate(n=Count("pk"), oldest=Min("received_at"))
    return Backlog(found["n"], found["oldest"])


def due_slots(now: datetime) -> Backlog:
    """Minutes that are over and not judged yet."""
    found = Slot.objects.filter(status=Slot.Status.DUE, slot_end__lte=now).aggregate(
        n=Count("pk"), oldest=Min("slot_end")
    )
    return Backlog(found["n"], found["oldest"])


def last_judged() -> datetime | None:
    """The newest minute that was judged."""
    done = Slot.objects.filter(status=Slot.Status.DONE).order_by("-slot_end")
    return done.values_list("slot_end", flat=True).first()


def unsent() -> Backlog:
    """Messages that wait for delivery."""
    waiting = (Delivery.Status.QUEUED, Delivery.Status.SENDING, Delivery.Status.UNKNOWN)
    found = Delivery.objects.filter(status__in=waiting).aggregate(n=Count("pk"), oldest=Min("queued_at"))
    return Backlog(found["n"], found["oldest"])


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


def open_runs() -> list[tuple[Run, Progress]]:
    """Checklists that are being worked on, the least complete first."""
    runs = list(Run.objects.filter(closed_at__isnull=True).select_related("environment__system", "version__checklist"))
    progress = progress_by_run(runs)
    return sorted(((run, progress[run.pk]) for run in runs), key=lambda pair: (pair[1].percent, str(pair[0])))


def first_key() -> ProjectKey | None:
    """A key to show in the first-event snippet: that of the oldest enabled project that is no demo."""
    keys = ProjectKey.objects.filter(revoked_at__isnull=True, project__enabled=True, project__demo=False)
    return keys.select_related("project").order_by("project_id", "pk").first()
