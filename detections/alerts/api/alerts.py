"""Alerts over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from ninja import Query, Router

from detections.alerts import queries
from detections.alerts.affected import affected
from detections.alerts.alert_subject import labels_of_alert
from detections.alerts.api.group import as_group
from detections.alerts.api.schemas import (
    MEMBERS,
    ActedOut,
    AlertConflictOut,
    AlertDetail,
    AlertFilters,
    AlertOut,
    DispositionIn,
)
from detections.alerts.changes.registry import changes_before
from detections.alerts.delivery.evidence_of import record_of
from detections.alerts.delivery_models import Delivery
from detections.alerts.escalation.api_fields import escalation_out
from detections.alerts.filters import ANY, AlertCriteria
from detections.alerts.handling.acknowledge import Conflict, acknowledge
from detections.alerts.handling.disposition import DispositionError, set_disposition
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert, AlertLog
from detections.alerts.pages.first_screen import headline_of, releases_of
from detections.alerts.silences.in_force import silenced
from detections.rules.models import Severity
from detections.telemetry.routes import MORE
from opsconsole.accounts.bearer import WriteBearer, actor, caller
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Page, Problem
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError

router = Router(tags=["alerts"])
ORDER = (("opened_at", datetime), ("id", int))
# Listed where no condition is given: a pending episode may never become an alert.
LISTED = (Alert.Status.FIRING, Alert.Status.RECOVERING, Alert.Status.RESOLVED)


# In the address and not in a body: a POST without a body is all that a script needs.
Seen = Annotated[int | None, Query(description="The revision that you saw; when it has moved on, the answer is 409.")]


@router.get("/", response={200: Page[AlertOut], 422: Problem}, url_name="alerts", summary="List alerts, newest first")
def list_alerts(request: HttpRequest, filters: Query[AlertFilters]) -> dict[str, Any]:
    given = filters.dict(include={*AlertCriteria.__match_args__} - {"condition"})
    rows = queries.matching(AlertCriteria(**given, condition=filters.condition or ANY))
    if not filters.condition:
        rows = rows.filter(status__in=LISTED)
    alerts, following = page(request, rows, ORDER)
    return {"items": [as_item(alert) for alert in alerts], "next": following}


@router.get("/{int:alert_id}/", response={200: AlertDetail, 404: Problem}, url_name="alert", summary="One alert")
def one_alert(request: HttpRequest, alert_id: int) -> dict[str, Any]:
    return as_detail(found(alert_id))


ACTED = {200: ActedOut, 403: Problem, 404: Problem, 409: AlertConflictOut}


@router.post("/{int:alert_id}/acknowledge/", auth=WriteBearer(), response=ACTED, summary="Acknowledge an alert")
def acknowledge_alert(request: HttpRequest, alert_id: int, revision: Seen = None) -> dict[str, Any]:
    """The token's owner takes the alert. Again by the same owner changes nothing; someone else gets 409."""
    return act_as_owner(request, alert_id, acknowledge, revision)


@router.post("/{int:alert_id}/resolve/", auth=WriteBearer(), response=ACTED, summary="Resolve an alert by hand")
def resolve_alert(request: HttpRequest, alert_id: int, revision: Seen = None) -> dict[str, Any]:
    """Close the episode. A new one opens only after the condition cleared once, or at a higher severity."""
    return act_as_owner(request, alert_id, resolve, revision)


@router.post(
    "/{int:alert_id}/disposition/",
    auth=WriteBearer(),
    response={**ACTED, 422: Problem},
    summary="Say what a resolved alert was",
)
def judge_alert(
    request: HttpRequest, alert_id: int, body: DispositionIn | None = None, revision: Seen = None
) -> dict[str, Any]:
    """It feeds the rule's measured false positives. A false positive needs a reason; an empty disposition takes it
    back. Each change is a row of the log."""
    if body is None or body.disposition is None:
        found(alert_id)
        raise ProblemError(422, "disposition: required; empty to take it back.")
    judge = partial(set_disposition, disposition=body.disposition, why=body.why)
    try:
        return act_as_owner(request, alert_id, judge, revision)
    except DispositionError as error:
        raise ProblemError(422, str(error)) from None


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
        "labels": labels_of_alert(alert),
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
    "disposition",
    "disposition_why",
    "tags",
    "detected_late",
    "members_firing",
    "revision",
)


def as_detail(alert: Alert) -> dict[str, Any]:
    """An alert with its log and messages, who is affected and what changed before. Three queries and those of
    `affected`, `changes_before` and silences in force; one more for a shared alert."""
    return as_item(alert) | {
        "log": [_logged(row) for row in queries.log_of(alert)],
        "deliveries": [_message(row) for row in queries.deliveries_of(alert)],
        "members": _members(alert),
        "responders": queries.responders_of(alert),
        "escalation": escalation_out(alert),
        "silenced_by": _silenced_by(alert),
        **_first_screen(alert),
    }


def _logged(row: AlertLog) -> dict[str, Any]:
    names = ("at", "slot_end", "kind", "old", "new", "why")
    return {"actor": row.actor_name, **{name: getattr(row, name) for name in names}}


def _message(row: Delivery) -> dict[str, Any]:
    names = ("sequence", "kind", "local_time", "outcome", "tries", "queued_at")
    return {
        "channel": row.target.intended_channel or row.target.channel,
        "address": row.target.address,
        "route": row.policy_name,
        "window": row.window_name,
        "status": "would_be_sent" if row.shown_only else row.status,
        "sent_at": None if row.shown_only else row.sent_at,
        **{name: getattr(row, name) for name in names},
    }


def _silenced_by(alert: Alert) -> list[int]:
    if alert.dedup_key is None:
        return []
    return [each.silence.pk for each in silenced([alert], clock.now()).get(alert.pk, [])]


def _first_screen(alert: Alert) -> dict[str, Any]:
    """What the first screen of the alert's page says."""
    record, concerned = record_of(alert), affected(alert, clock.now())
    names = ("source", "at", "text", "where", "who", "url")
    return {
        "title": headline_of(alert, record),
        "people": concerned.people if concerned else None,
        "people_complete": concerned.complete if concerned else True,
        "releases": list(releases_of(record, concerned)),
        "changes": [{name: getattr(change, name) for name in names} for change in changes_before(alert)],
    }


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
        raise ProblemError(403, f"{token.owner} may not act on alerts; a responder may.")
    try:
        done = act(alert_id, token.owner, clock.now(), seen=seen, actor=actor(token))
    except Alert.DoesNotExist:
        raise NotFound("alert", alert_id) from None
    except Conflict as conflict:
        raise ProblemError(409, conflict.message, **as_item(found(alert_id))) from None
    return as_detail(found(alert_id)) | {"changed": done.changed}


def found(alert_id: int) -> Alert:
    alert = queries.one_alert(alert_id)
    if alert is None:
        raise NotFound("alert", alert_id)
    return alert
