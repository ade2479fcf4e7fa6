"""The group of an alert over the API."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from detections.alerts.models import Alert


class AlertGroupOut(Schema):
    """The alerts of one cause, told as one."""

    episode: UUID = Field(description="The key of its messages, as in the webhook.")
    kind: Literal["", "narrower", "failure", "issue", "storm"] = Field(
        description="What keeps them together: held back by a narrower rule, the same known failure, the same issue, "
        "or a storm of one rule. Empty: it is alone."
    )
    leader: int | None = Field(description="The alert that messages are about, and whose acknowledgment is theirs.")
    leads: bool = Field(description="Whether this alert is the leader.")
    open_alerts: int


def as_group(alert: Alert) -> dict[str, Any] | None:
    """Of a row of `queries.alerts`; None before the alert fires."""
    if not hasattr(alert, "grouped"):
        return None
    group = alert.grouped.group
    return {
        "episode": group.episode,
        "kind": group.kind,
        "leader": group.leader_id,
        "leads": group.leader_id == alert.pk,
        "open_alerts": group.size,
    }
