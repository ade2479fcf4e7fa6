"""What the API of alerts takes and answers (no ORM)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Field, Schema

from detections.alerts.api.group import AlertGroupOut
from detections.alerts.escalation.api_fields import EscalationOut
from opsconsole.lib.web.api_schemas import Paged, StrictBody, Text

MEMBERS = 10_000  # of a shared alert: listed


class EvidenceOut(Schema):
    """The strongest evidence of the episode."""

    sentence: str
    count: int | None = Field(description="Events in the window; none where the rule counts nothing.")
    slot_end: datetime
    data: dict[str, Any] = Field(description="The record from which numbers and severity can be recomputed.")


class AlertOut(Schema):
    """One episode of one rule on one group key."""

    id: int
    rule: str
    severity: Literal["critical", "high", "medium"]
    condition: Literal["pending", "firing", "recovering", "resolved", "inactive"]
    handling: Literal["unacknowledged", "acknowledged"]
    group: str = Field(
        description="The group key, e.g. a route prefix or variable; empty when the rule does not group."
    )
    alert_group: AlertGroupOut | None = Field(description="None before it fires.")
    project: str
    environment: str
    opened_at: datetime = Field(description="When the condition was first seen to hold; never in the future.")
    resolved_at: datetime | None
    cause: str | None = Field(description="Likely cause, where a failure is known; of configuration, what is wrong.")
    owner: str | None = Field(description="Who responds first.")
    evidence: EvidenceOut | None
    assigned_to: str | None = Field(description="The owner to whom it was handed over.")
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledged_until: datetime | None
    resolved_by: str | None
    disposition: Literal["", "true_positive", "false_positive", "expected"] = Field(
        description="What a person said that it was, once it is resolved; empty: not judged."
    )
    disposition_why: str
    labels: dict[str, str] = Field(
        description="Those of its rule when it opened: declared, the tags that it selects, and its source."
    )
    tags: list[str] = Field(description="Given by the notification policies that took it.")
    detected_late: bool
    flapping: bool
    members_firing: int | None = Field(
        description="Of the alert with the group (more), which scopes share in a flood: how many of them fire."
    )
    revision: int = Field(description="Give it back when acting, to act only on what you saw.")
    url: str


class LogOut(Schema):
    at: datetime
    slot_end: datetime | None
    kind: str
    actor: str
    old: str
    new: str
    why: str


class DeliveryOut(Schema):
    sequence: int
    kind: str
    channel: str = Field(description="What the target stands for, e.g. slack.")
    address: str
    route: str
    window: str
    local_time: str
    status: str = Field(description="would_be_sent: its target has no real channel yet, nothing left the console.")
    outcome: str = Field(description="The same in words.")
    tries: int
    queued_at: datetime
    sent_at: datetime | None


class MemberOut(Schema):
    """A group that fires within a shared alert."""

    group: str
    severity: Literal["critical", "high", "medium"]
    count: int | None
    joined_at: datetime = Field(description="The slot in which it fired first.")
    cleared_at: datetime | None = Field(description="The slot in which it was clear; none while it fires.")


class ChangeOut(Schema):
    """Something that changed in the hour before the alert opened."""

    source: str = Field(description="Release, Configuration, Sign-off, Flag or Rule.")
    at: datetime
    text: str
    where: str
    who: str
    url: str = Field(description="Path of the page that has more; empty without one.")


class AlertDetail(AlertOut):
    """One episode with its log and its messages."""

    title: str = Field(description="Why it fired, e.g. 4 errors in 5 min, 60 times the usual.")
    people: int | None = Field(
        description="Distinct users of its stored events, from its first window to its end; none where it counts none."
    )
    people_complete: bool = Field(description="false: there were too many events to look at each; there may be more.")
    releases: list[str] = Field(description="Those with most of its events, at most three.")
    changes: list[ChangeOut] = Field(description="What changed in the hour before it opened, newest first.")
    members: list[MemberOut] = Field(
        description=f"Of the alert with the group (more), the groups that share it, at most {MEMBERS:,}."
    )
    responders: list[str] = Field(description="The owners who were called to it, and not called off.")
    escalation: EscalationOut | None
    silenced_by: list[int] = Field(description="The silences that hide it now: its messages wait.")
    log: list[LogOut]
    deliveries: list[DeliveryOut]


class ActedOut(AlertDetail):
    """The alert after an act."""

    changed: bool = Field(
        description="false: the owner of this token had done so before, perhaps in another request at the same time."
    )


class DispositionIn(StrictBody):
    disposition: Literal["", "true_positive", "false_positive", "expected"] | None = Field(
        None, description="Required; it is asked for after the alert was found."
    )
    why: Text = Field("", description="Required of a false positive; at most 300 characters.")


class AlertConflictOut(AlertOut):
    """The alert as it is now, with the members of a problem."""

    type: str
    title: str
    status: int
    detail: str


class AlertFilters(Paged):
    rule: Text = Field("", description="Identifier, e.g. DET-BETA-003.")
    condition: Literal["", "open", "pending", "firing", "recovering", "resolved", "inactive", "any"] = Field(
        "", description="open: firing or recovering. Empty: all but pending and inactive."
    )
    handling: Literal["", "unacknowledged", "acknowledged"] = ""
    project: Text = Field("", description="Slug.")
    severity: Literal["", "critical", "high", "medium"] = ""
    label: Text = Field("", description="name=value of the rule's version at opening, e.g. team=payments.")
    responder: Text = Field("", description="User name of who acknowledged it or is assigned; nobody: neither.")
    disposition: Literal["", "unjudged", "true_positive", "false_positive", "expected"] = ""
