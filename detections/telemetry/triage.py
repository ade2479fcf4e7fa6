"""What people decide about an issue."""

from __future__ import annotations

from detections.telemetry.models import Issue


def set_status(issue_id: int, status: Issue.Status) -> bool:
    """Give an issue its status and take it off the triage list. Returns whether the status is another than before."""
    changed = Issue.objects.filter(pk=issue_id).exclude(status=status).update(status=status, needs_triage=False)
    return bool(changed)
