"""What hides the alert of a page, as a template context."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from detections.alerts.models import Alert
from detections.alerts.silences.in_force import silenced
from detections.alerts.silences.row import SOON


def context(alert: Alert, now: datetime) -> dict[str, Any]:
    """The silences that hide the alert now while it is open, and whether the last of them ends soon. One query where
    nothing hides, else at most five."""
    hidings = silenced([alert], now).get(alert.pk, []) if alert.dedup_key is not None else []
    return {"hidings": hidings, "silence_ends_soon": bool(hidings) and hidings[0].until - now <= SOON}
