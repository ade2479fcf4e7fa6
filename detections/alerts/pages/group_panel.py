"""What an alert's page says of its group: who leads, what keeps it together, the other open alerts."""

from __future__ import annotations

from typing import Any

from detections.alerts.causes.models import AlertGroup
from detections.alerts.causes.store import RELATED, open_members
from detections.alerts.models import Alert

SHOWN = 50
WHY = {
    AlertGroup.Kind.STORM: "Many groups of one rule began to fire within five minutes.",
    AlertGroup.Kind.ISSUE: "The same issue is behind their events.",
    AlertGroup.Kind.FAILURE: "They match the same known failure.",
    AlertGroup.Kind.NARROWER: "A narrower rule fires on what a wider one does too.",
}


def context(alert: Alert) -> dict[str, Any]:
    """The panel; nothing for an alert that is alone. Load its group with it. At most two queries."""
    group: AlertGroup | None = alert.grouped.group if hasattr(alert, "grouped") else None
    if group is None or (group.kind == AlertGroup.Kind.ALONE and group.leader_id == alert.pk):
        return {"alert_group": None}
    leads = group.leader_id == alert.pk
    rows = open_members(group).exclude(pk=alert.pk).select_related(*RELATED, "project_environment__project")
    others = list(rows[:SHOWN])
    leader = None if leads else next((other for other in others if other.pk == group.leader_id), None) or group.leader
    return {
        "alert_group": group,
        "group_why": WHY.get(AlertGroup.Kind(group.kind), ""),
        "group_leads": leads,
        "group_leader": leader,
        "group_others": others,
        "group_more": max(group.size - (1 if alert.dedup_key is not None else 0) - len(others), 0),
    }
