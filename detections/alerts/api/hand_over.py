"""Handing alerts over, and calling others to them, over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Query, Router

from detections.alerts.api.alerts import ACTED, Seen, act_as_owner, found
from detections.alerts.handling.hand_over import add_responder, hand_over, stop_responder
from detections.alerts.models import Alert
from opsconsole.accounts import owners
from opsconsole.accounts.bearer import WriteBearer
from opsconsole.accounts.models import Owner
from opsconsole.lib.web.api_schemas import Problem, Text
from opsconsole.lib.web.problem import ProblemError

router = Router(tags=["alerts"])
# Asked for after the alert was found: an id of nothing is 404, whatever else is missing.
To = Annotated[
    Text | None,
    Query(description="The name of an owner, e.g. sre-agent, or of a user."),
    Field(min_length=1, max_length=160),
]
TOLD = {**ACTED, 422: Problem}


@router.post("/{int:alert_id}/hand_over/", auth=WriteBearer(), response=TOLD, summary="Hand an alert over")
def hand_alert_over(request: HttpRequest, alert_id: int, to: To = None, revision: Seen = None) -> dict[str, Any]:
    """Assign the alert to an owner or a person, and tell them. To the same one again changes nothing."""
    return _about_owner(request, alert_id, hand_over, to, revision)


@router.post("/{int:alert_id}/responders/", auth=WriteBearer(), response=TOLD, summary="Call somebody to an alert")
def call_responder(request: HttpRequest, alert_id: int, to: To = None) -> dict[str, Any]:
    """Tell an owner or a person that help is needed; the alert stays with who has it. Again changes nothing."""
    return _about_owner(request, alert_id, add_responder, to, None)


@router.post("/{int:alert_id}/responders/stop/", auth=WriteBearer(), response=TOLD, summary="Call somebody off")
def stop_calling(request: HttpRequest, alert_id: int, to: To = None) -> dict[str, Any]:
    """Tell an owner or a person that they are no longer needed. Again changes nothing."""
    return _about_owner(request, alert_id, stop_responder, to, None)


def _about_owner(
    request: HttpRequest, alert_id: int, act: Callable[..., Alert], name: str | None, seen: int | None
) -> dict[str, Any]:
    if name is None:
        found(alert_id)
        raise ProblemError(422, "to: required; the name of an owner or a user.")
    return act_as_owner(request, alert_id, lambda *args, **options: act(*args, to=_named(name), **options), seen)


def _named(name: str) -> Owner:
    owner = owners.find(name)
    if owner is None:
        raise ProblemError(422, f"There is no owner and no user {name!r}; /admin/accounts/owner/ has the owners.")
    return owner
