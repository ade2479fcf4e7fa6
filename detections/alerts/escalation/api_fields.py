"""An alert's escalation over the API."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from detections.alerts.escalation.rows import escalation_of
from detections.alerts.models import Alert


class EscalationOut(Schema):
    """Who is told, step by step, while nobody acknowledges."""

    policy: str
    status: Literal["waiting", "stopped", "exhausted", "ended"]
    next_step: int = Field(description="From 1; one more than there are: all are done.")
    steps: int
    due_at: datetime | None


def escalation_out(alert: Alert) -> dict[str, Any] | None:
    """The values of EscalationOut; None without one. No query where it was loaded with the alert."""
    row = escalation_of(alert)
    if row is None:
        return None
    return {
        "policy": row.policy_name,
        "status": row.status,
        "next_step": row.step + 1,
        "steps": len(row.plan["steps"]),
        "due_at": row.due_at,
    }
