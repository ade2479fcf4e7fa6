"""Owners and due dates over the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Body, Field, Router, Schema
from pydantic import ConfigDict, StrictInt

from bootstrap.checklists.models import Item, Run, RunPlan
from bootstrap.checklists.plans.assign import KEEP, PlanChange, assign, owner_called
from bootstrap.checklists.plans.queries import plans_by_run
from bootstrap.checklists.plans.refusals import PlanChanged
from bootstrap.checklists.refusals import Refusal
from opsconsole.accounts.bearer import WriteBearer, actor, caller
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound
from opsconsole.lib.web.api_schemas import Problem, Text
from opsconsole.lib.web.problem import ProblemError

plans = Router(tags=["checklists"])
MAX_SEEN = 2**31 - 1


class PlanOut(Schema):
    """The owner and due date that were set on an item, or on the run as a whole."""

    owner: str | None = Field(description="A person or group by name; null for nobody.")
    due_on: date | None = Field(description="The last day for it, to its end in UTC.")
    set_by: str = Field(description="Who set it last; empty where nobody did.")
    seen: int = Field(description="How often it was set; give it back when changing it.")


class PlanConflictOut(PlanOut):
    """It as it is now, with the members of a problem."""

    type: str
    title: str
    status: int
    detail: str


class PlanIn(Schema):
    """What to set. A field that is left out stays; null takes it away. An unknown field is refused."""

    model_config = ConfigDict(extra="forbid")

    owner: Text | None = Field(None, description="The name of an owner, or a user name.")
    due_on: date | None = Field(None, description="Today (UTC) or later.")
    seen: StrictInt | None = Field(
        None, ge=0, le=MAX_SEEN, description="The one you saw; when it was set since, the answer is 409."
    )


_ANSWERS = {200: PlanOut, 403: Problem, 404: Problem, 409: PlanConflictOut, 422: Problem}


@plans.post(
    "/{int:run_id}/plan/", auth=WriteBearer(), response=_ANSWERS, url_name="checklist_plan", summary="Set a run's owner"
)
def plan_run(request: HttpRequest, run_id: int, body: Body[PlanIn]) -> dict[str, Any]:
    """Set the owner and the due date of the run as a whole. Setting the same again changes nothing."""
    return _set(request, _run(run_id), None, body)


@plans.post(
    "/{int:run_id}/items/{int:item_id}/plan/",
    auth=WriteBearer(),
    response=_ANSWERS,
    url_name="checklist_item_plan",
    summary="Set an item's owner",
)
def plan_item(request: HttpRequest, run_id: int, item_id: int, body: Body[PlanIn]) -> dict[str, Any]:
    """Set the owner and the due date of one item. Setting the same again changes nothing."""
    run = _run(run_id)
    if not Item.objects.filter(pk=item_id, section__version=run.version_id).exists():
        raise NotFound("item", item_id, place=f"in run {run_id}")
    return _set(request, run, item_id, body)


def _set(request: HttpRequest, run: Run, item: int | None, body: PlanIn) -> dict[str, Any]:
    token, given = caller(request), body.model_fields_set
    try:
        change = PlanChange(
            owner=owner_called(body.owner or "") if "owner" in given else KEEP,
            due_on=body.due_on if "due_on" in given else KEEP,
        )
        assign(run, [item], change, token.owner, clock.now(), body.seen, actor(token))
    except PermissionDenied as error:
        raise ProblemError(403, f"{error}; a checklist signer may.") from None
    except PlanChanged as refusal:
        raise ProblemError(409, f"{refusal}.", **plan_out(refusal.plan)) from None
    except Refusal as refusal:
        if refusal.field:
            raise ProblemError(422, f"{refusal}.") from None
        raise ProblemError(409, f"{refusal}.", **_current(run, item)) from None
    return _current(run, item)


def _current(run: Run, item: int | None) -> dict[str, Any]:
    return plan_out(plans_by_run([run.pk]).get(run.pk, {}).get(item))


def plan_out(plan: RunPlan | None) -> dict[str, Any]:
    """The fields of a PlanOut."""
    return {
        "owner": plan.owner.name if plan and plan.owner else None,
        "due_on": plan.due_on if plan else None,
        "set_by": plan.set_by_name if plan else "",
        "seen": plan.revision if plan else 0,
    }


def _run(run_id: int) -> Run:
    run = Run.objects.select_related("version__checklist", "environment__system").filter(pk=run_id).first()
    if run is None:
        raise NotFound("run", run_id)
    return run
