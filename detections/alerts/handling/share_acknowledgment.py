"""An acknowledgment that goes with the group: of what joins later and is no worse."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.causes.models import AlertGroup
from detections.alerts.episode.store import ENGINE
from detections.alerts.models import Alert, AlertLog

ACKNOWLEDGED = Alert.Handling.ACKNOWLEDGED


def share_acknowledgment(alert: Alert, group: AlertGroup, now: datetime) -> None:
    """Acknowledges an alert that joined the group, and whose row is locked, for whoever has its leader. The revision
    stays: nobody has seen the alert without it."""
    leader = group.leader
    if leader is None or leader.pk == alert.pk or leader.handling != ACKNOWLEDGED or leader.dedup_key is None:
        return
    alert.handling, alert.acknowledged_by, alert.acknowledged_at = ACKNOWLEDGED, leader.acknowledged_by, now
    alert.acknowledged_until = alert.due_at = leader.acknowledged_until
    alert.save()
    AlertLog.objects.create(
        alert=alert,
        at=now,
        kind="acknowledged",
        actor=leader.acknowledged_by,
        actor_name=ENGINE,
        old=Alert.Handling.UNACKNOWLEDGED,
        new=ACKNOWLEDGED,
        why=f"its cause was acknowledged before, with {leader}"[:300],
    )
