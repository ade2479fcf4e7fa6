"""What a person says that a resolved alert was, on its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detections.alerts.models import Alert, AlertLog


def context(alert: Alert, log: Sequence[AlertLog], *, may_act: bool) -> dict[str, Any]:
    """The disposition, who set it, and the choices; no query."""
    return {
        "may_judge": may_act and alert.status == Alert.Status.RESOLVED,
        "judged": next((row for row in reversed(log) if row.kind == "disposition"), None),
        "dispositions": Alert.Disposition.choices,
    }
