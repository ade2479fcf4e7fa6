"""Changes an issue's status by hand, with a log entry."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from detections.telemetry.issue_log import IssueLog
from detections.telemetry.models import Issue
from opsconsole.accounts.models import User


@transaction.atomic
def set_status(issue_id: int, status: Issue.Status, by: User, now: datetime) -> bool:
    """Sets the status of an issue as user `by` and takes it off the triage list; whether the status changed.

    A change is recorded in the issue's log."""
    issue = Issue.objects.select_for_update(no_key=True).only("status").get(pk=issue_id)
    if issue.status == status:
        return False
    name = by.get_full_name() or by.get_username()
    IssueLog.objects.create(issue=issue, at=now, actor=by, actor_name=name, old=issue.status, new=status)
    issue.status, issue.needs_triage = status, False
    issue.save(update_fields=["status", "needs_triage"])
    return True
