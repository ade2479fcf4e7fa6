"""Changes an issue's status by hand, with a log entry."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.telemetry.issues.log import IssueLog
from detections.telemetry.models import Issue
from opsconsole.accounts.models import User


class StatusChangedError(Exception):
    """The status has changed meanwhile; the message names the present one."""


@transaction.atomic
def set_status(issue_id: int, status: Issue.Status, by: User, now: datetime, *, seen: str | None = None) -> bool:
    """Sets an issue's status as `by`, with a log row, and ends its triage. Returns whether the status changed.

    `seen` is the status that the person saw; None accepts any. Raises Issue.DoesNotExist, and StatusChangedError where
    it has changed since `seen`.
    """
    issue = Issue.objects.select_for_update(no_key=True).only("status", "status_since").get(pk=issue_id)
    if issue.status == status:
        return False
    if seen is not None and seen != issue.status:
        raise StatusChangedError(f"it changed since you saw it and is {issue.get_status_display().lower()} now")
    name = by.get_full_name() or by.get_username()
    at = max(now, issue.status_since or now)  # clocks of two machines differ; a log does not run backwards
    IssueLog.objects.create(issue=issue, at=at, actor=by, actor_name=name, old=issue.status, new=status)
    issue.status, issue.status_since, issue.needs_triage = status, at, False
    issue.save(update_fields=["status", "status_since", "needs_triage"])
    return True
