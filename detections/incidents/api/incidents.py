"""Incidents over the API: list, read, declare, and acts on the record."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router, Status

from detections.incidents.api.acting import Act, Seen, allowed, as_problems, one, owner_named, required
from detections.incidents.api.declare_in import draft_of
from detections.incidents.api.items import as_detail, as_item, incident_rows
from detections.incidents.api.schemas import (
    IncidentActedOut,
    IncidentCloseIn,
    IncidentConflictOut,
    IncidentDetail,
    IncidentFilters,
    IncidentIn,
    IncidentOut,
    IncidentSeverityIn,
    IncidentStatusIn,
)
from detections.incidents.models import Incident
from detections.incidents.pages.queries import ANY, matching
from detections.incidents.record.change_severity import change_severity
from detections.incidents.record.change_status import change_status
from detections.incidents.record.close import AlertJudgment, Closing, close, to_judge
from detections.incidents.record.command import hand_over
from detections.incidents.record.declare import declare
from opsconsole.accounts.bearer import WriteBearer, actor
from opsconsole.lib import clock
from opsconsole.lib.web.api_schemas import Page, Problem, Text
from opsconsole.lib.web.paging import page

router = Router(tags=["incidents"])
ORDER = (("declared_at", datetime), ("id", int))
ACTED = {200: IncidentActedOut, 403: Problem, 404: Problem, 409: IncidentConflictOut, 422: Problem}
To = Annotated[
    Text | None,
    Query(description="The name of an owner, e.g. sre-agent, or of a user."),
    Field(min_length=1, max_length=160),
]


@router.get(
    "/", response={200: Page[IncidentOut], 422: Problem}, url_name="incidents", summary="List incidents, newest first"
)
def list_incidents(request: HttpRequest, filters: Query[IncidentFilters]) -> dict[str, Any]:
    chosen = filters.dict(exclude={"cursor", "limit"})
    ids = matching(chosen | {"status": filters.status or ANY}, clock.now()).order_by().values("pk")
    incidents, following = page(request, incident_rows().filter(pk__in=ids), ORDER)
    return {"items": [as_item(incident) for incident in incidents], "next": following}


@router.get(
    "/{int:incident_id}/", response={200: IncidentDetail, 404: Problem}, url_name="incident", summary="One incident"
)
def one_incident(request: HttpRequest, incident_id: int) -> dict[str, Any]:
    return as_detail(one(incident_id))


@router.post(
    "/",
    auth=WriteBearer(),
    response={200: IncidentActedOut, 201: IncidentActedOut, 403: Problem, 409: IncidentConflictOut, 422: Problem},
    summary="Declare an incident",
)
def declare_incident(request: HttpRequest, body: IncidentIn) -> Status[dict[str, Any]]:
    """From alerts, or by hand. Its targets and commander are told. 200: by this `client_key` it was declared before.
    409: one of the alerts is in an incident that is not closed, which is answered."""
    token, now = allowed(request, "add_incident"), clock.now()
    draft = draft_of(body, token.owner, now)
    with as_problems(0):
        made = declare(draft, now, by=token.owner, actor=actor(token))
    return Status(201 if made.changed else 200, _acted(made))


@router.post("/{int:incident_id}/status/", auth=WriteBearer(), response=ACTED, summary="Change the status")
def set_incident_status(
    request: HttpRequest, incident_id: int, body: IncidentStatusIn, revision: Seen = None
) -> dict[str, Any]:
    """Its targets are told. Back to an earlier status, as to reopen it, needs a reason."""
    to = required("status", body.status, incident_id)
    reopens = one(incident_id).status == Incident.Status.CLOSED
    permission = "close_incident" if reopens else "command_incident"
    return _act(request, incident_id, permission, partial(change_status, to=to, why=body.why), revision)


@router.post("/{int:incident_id}/severity/", auth=WriteBearer(), response=ACTED, summary="Change the severity")
def set_incident_severity(
    request: HttpRequest, incident_id: int, body: IncidentSeverityIn, revision: Seen = None
) -> dict[str, Any]:
    """Its targets are told."""
    to = required("severity", body.severity, incident_id)
    act = partial(change_severity, to=to, why=body.why)
    return _act(request, incident_id, "command_incident", act, revision)


@router.post("/{int:incident_id}/hand_over/", auth=WriteBearer(), response=ACTED, summary="Hand the command over")
def hand_incident_over(request: HttpRequest, incident_id: int, to: To = None, revision: Seen = None) -> dict[str, Any]:
    """To an owner or a person, whose targets are told. To the same one again changes nothing."""
    name = required("to", to, incident_id)
    allowed(request, "command_incident", incident_id)
    owner = owner_named("to", name)
    return _act(request, incident_id, "command_incident", partial(hand_over, to=owner), revision)


@router.post("/{int:incident_id}/close/", auth=WriteBearer(), response=ACTED, summary="Close a resolved incident")
def close_incident(
    request: HttpRequest, incident_id: int, body: IncidentCloseIn, revision: Seen = None
) -> dict[str, Any]:
    """In one act: what its alerts were, whether baselines leave the time out, and why there is no postmortem."""
    incident = one(incident_id)
    rest = AlertJudgment(body.disposition, body.disposition_why)
    judgments = dict.fromkeys(to_judge(incident).values_list("pk", flat=True), rest) if body.disposition else {}
    judgments |= {each.alert: AlertJudgment(each.disposition, each.why) for each in body.judgments}
    closing = Closing(judgments, body.leave_out, body.why)
    return _act(request, incident_id, "close_incident", partial(close, closing=closing), revision)


def _act(request: HttpRequest, incident_id: int, permission: str, act: Act, seen: int | None) -> dict[str, Any]:
    """The incident after an act of the token's owner. Who may close may reopen, and may close again what is closed."""
    token = allowed(request, permission, None if permission == "close_incident" else incident_id)
    with as_problems(incident_id):
        done = act(incident_id, now=clock.now(), by=token.owner, actor=actor(token), seen=seen)
    return _acted(done)


def _acted(done: Incident) -> dict[str, Any]:
    return as_detail(one(done.pk)) | {"changed": done.changed, "told": done.was_told}
