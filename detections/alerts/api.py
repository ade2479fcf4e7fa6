"""Alerts over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Field, Query, Router, Schema

from detections.alerts import queries
from detections.alerts.escalation.api_fields import EscalationOut, escalation_out
from detections.alerts.filters import ANY, AlertCriteria
from detections.alerts.group_schema import AlertGroupOut, as_group
from detections.alerts.handling.acknowledge import Conflict, acknowledge
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.silences.in_force import silenced
from detections.rules.models import Severity
from detections.telemetry.routes import MORE
from opsconsole.accounts.bearer import WriteBearer, actor, caller
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Page, Paged, Problem, Text
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

router = Router(tags=["alerts"])
MEMBERS = 10_000
ORDER = (("opened_at", datetime), ("id", int))
# Listed where no condition is given: a pending episode may never become an alert.
LISTED = (Alert.Status.FIRING, Alert.Status.RECOVERING, Alert.Status.RESOLVED)


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


class AlertDetail(AlertOut):
    """One episode with its log and its messages."""

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


# In the address and not in a body: a POST without a body is all that a script needs.
Seen = Annotated[int | None, Query(description="The revision that you saw; when it has moved on, the answer is 409.")]


@router.get("/", response={200: Page[AlertOut], 422: Problem}, url_name="alerts", summary="List alerts, newest first")
def list_alerts(request: HttpRequest, filters: Query[AlertFilters]) -> dict[str, Any]:
    given = filters.dict(include={"rule", "handling", "project", "severity"})
    rows = queries.matching(AlertCriteria(**given, condition=filters.condition or ANY))
    if not filters.condition:
        rows = rows.filter(status__in=LISTED)
    alerts, following = page(request, rows, ORDER)
    return {"items": [as_item(alert) for alert in alerts], "next": following}


@router.get("/{int:alert_id}/", response={200: AlertDetail, 404: Problem}, url_name="alert", summary="One alert")
def one_alert(request: HttpRequest, alert_id: int) -> dict[str, Any]:
    return as_detail(_get(alert_id))


ACTED = {200: ActedOut, 403: Problem, 404: Problem, 409: AlertConflictOut}


@router.post("/{int:alert_id}/acknowledge/", auth=WriteBearer(), response=ACTED, summary="Acknowledge an alert")
def acknowledge_alert(request: HttpRequest, alert_id: int, revision: Seen = None) -> dict[str, Any]:
    """The token's owner takes the alert. Again by the same owner changes nothing; someone else gets 409."""
    return act_as_owner(request, alert_id, acknowledge, revision)


@router.post("/{int:alert_id}/resolve/", auth=WriteBearer(), response=ACTED, summary="Resolve an alert by hand")
def resolve_alert(request: HttpRequest, alert_id: int, revision: Seen = None) -> dict[str, Any]:
    """Close the episode. A new one opens only after the condition cleared once, or at a higher severity."""
    return act_as_owner(request, alert_id, resolve, revision)


def as_item(alert: Alert) -> dict[str, Any]:
    """An alert in a list. No query: the row comes from `queries.alerts`."""
    return {
        "id": alert.pk,
        "rule": alert.rule.identifier,
        "severity": Severity(alert.severity).name.lower(),
        "group": alert.group_key,
        "alert_group": as_group(alert),
        "project": alert.project.slug,
        "environment": alert.project_environment.name,
        "cause": alert.cause or None,
        "owner": alert.owner or None,
        "evidence": _evidence(alert),
        "assigned_to": alert.assignee.name if alert.assignee else None,
        "acknowledged_by": alert.acknowledged_by.get_username() if alert.acknowledged_by else None,
        "resolved_by": alert.resolved_by.get_username() if alert.resolved_by else None,
        "flapping": alert.flapping_since is not None,
        "url": settings.PUBLIC_URL + reverse("alert", args=[alert.pk]),
        "condition": alert.status,
        **{name: getattr(alert, name) for name in PLAIN},
    }


PLAIN = (
    "handling",
    "opened_at",
    "resolved_at",
    "acknowledged_at",
    "acknowledged_until",
    "detected_late",
    "members_firing",
    "revision",
)


def as_detail(alert: Alert) -> dict[str, Any]:
    """An alert with its log and messages. Four queries, those of silences where any is in force, one more for a shared
    alert."""
    log = [
        {
            "actor": row.actor_name,
            **{name: getattr(row, name) for name in ("at", "slot_end", "kind", "old", "new", "why")},
        }
        for row in queries.log_of(alert)
    ]
    deliveries = [
        {
            "channel": row.target.intended_channel or row.target.channel,
            "address": row.target.address,
            "route": row.policy_name,
            "window": row.window_name,
            "status": "would_be_sent" if row.shown_only else row.status,
            "sent_at": None if row.shown_only else row.sent_at,
            **{
                name: getattr(row, name) for name in ("sequence", "kind", "local_time", "outcome", "tries", "queued_at")
            },
        }
        for row in queries.deliveries_of(alert)
    ]
    return as_item(alert) | {
        "log": log,
        "deliveries": deliveries,
        "members": _members(alert),
        "responders": queries.responders_of(alert),
        "escalation": escalation_out(alert),
        "silenced_by": _silenced_by(alert),
    }


def _silenced_by(alert: Alert) -> list[int]:
    if alert.dedup_key is None:
        return []
    return [each.silence.pk for each in silenced([alert], clock.now()).get(alert.pk, [])]


def _members(alert: Alert) -> list[dict[str, Any]]:
    if alert.group_key != MORE:
        return []
    return [
        {
            "group": row.scope.group_key,
            "severity": Severity(row.severity).name.lower(),
            **{name: getattr(row, name) for name in ("count", "joined_at", "cleared_at")},
        }
        for row in queries.members_of(alert, MEMBERS, evidence=False)
    ]


def _evidence(alert: Alert) -> dict[str, Any] | None:
    if alert.evidence is None:
        return None
    evidence = alert.evidence
    return {
        "sentence": evidence.sentence,
        "count": alert.count,
        "slot_end": evidence.slot_end,
        "data": evidence.data,
    }


def act_as_owner(request: HttpRequest, alert_id: int, act: Callable[..., Alert], seen: int | None) -> dict[str, Any]:
    """The alert after an act of the token's owner. 403, 404 and 409 as problems."""
    token = caller(request)
    if not token.owner.has_perm("detections.change_alert"):
        raise ProblemError(403, f"{token.owner} may not acknowledge or resolve alerts; a responder may.")
    try:
        done = act(alert_id, token.owner, clock.now(), seen=seen, actor=actor(token))
    except Alert.DoesNotExist:
        raise NotFound("alert", alert_id) from None
    except Conflict as conflict:
        raise ProblemError(409, conflict.message, **as_item(_get(alert_id))) from None
    return as_detail(_get(alert_id)) | {"changed": done.changed}


def _get(alert_id: int) -> Alert:
    alert = queries.alerts().filter(pk=alert_id).first()
    if alert is None:
        raise NotFound("alert", alert_id)
    return alert
