"""Runs started and closed over the API, and acts on their items besides signing: one by one, or several at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from ninja import Field, Schema, Status
from pydantic import StrictInt

from bootstrap.checklists.api import checklists, found_run, item_out, refusals_as_problems, run_and_item, run_detail
from bootstrap.checklists.api_schemas import MAX_ID, MAX_SEEN, ItemConflictOut, ItemOut, RunDetail
from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.models import Checklist, Item, Run, SignOff
from bootstrap.checklists.plans.assign import PlanChange, owner_called
from bootstrap.checklists.refusals import AlreadyOpen, AlreadySigned, PasswordsNeeded, Refusal
from bootstrap.checklists.runs.close_seen import close_seen
from bootstrap.checklists.runs.lookup import find_environment
from bootstrap.checklists.runs.start import start
from bootstrap.checklists.signing.sign import mark_not_applicable, sign, take_back, waive
from bootstrap.checklists.version_queries import newest_versions, pair_of
from opsconsole.accounts.bearer import WriteBearer, actor, caller
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.lookup import find
from opsconsole.lib.web.api_schemas import LongText, Problem, StrictBody, Text
from opsconsole.lib.web.problem import ProblemError

# The router of `api`, with the operations below.
__all__ = ["checklists"]
MOST_ACTS = 200  # in one request: more items than a checklist has
SEEN = "Number of acts on the item that you saw; when there are more, the answer is 409."
Act = Literal["sign", "not_applicable", "waive", "take_back"]


class StartIn(StrictBody):
    """A run to start."""

    checklist: Text = Field(description="Slug.")
    environment: Text = Field(description="system/environment; an alias of the environment too.")
    subject: Text = Field("", description="What it is about; required for a review.")
    owner: Text = Field("", description="Who owns the run: the name of an owner, or a user name; empty for nobody.")
    due_on: date | None = Field(None, description="The last day for the whole of it: today (UTC) or later.")


class CloseIn(StrictBody):
    seen: StrictInt | None = Field(
        None, ge=0, le=MAX_SEEN, description="`seen` of the run; when there are more acts, the answer is 409."
    )


class LeaveOutIn(StrictBody):
    """Why an item does not apply."""

    note: LongText = Field(description="Why it does not apply here.")
    seen: StrictInt | None = Field(None, ge=0, le=MAX_SEEN, description=SEEN)


class WaiveIn(StrictBody):
    """Why an item may wait, and until when."""

    note: LongText = Field(description="Why it may wait.")
    review_by: date = Field(description="The last day on which it holds (UTC): from tomorrow, for at most a year.")
    seen: StrictInt | None = Field(None, ge=0, le=MAX_SEEN, description=SEEN)


class TakeBackIn(StrictBody):
    note: LongText = Field("", description="Why; may be empty.")
    seen: StrictInt | None = Field(None, ge=0, le=MAX_SEEN, description=SEEN)


class OneActIn(StrictBody):
    """One act of several."""

    item: StrictInt = Field(ge=1, le=MAX_ID, description="Id of the item.")
    act: Act
    note: LongText = ""
    answer: Literal["", "yes", "no"] = Field("", description="To a question that is signed.")
    review_by: date | None = Field(None, description="Of a waiver.")
    seen: StrictInt | None = Field(None, ge=0, le=MAX_SEEN, description="Number of acts on the item that you saw.")


@dataclass(frozen=True)
class _Asked:
    """An act that a request asks for, as the fields of OneActIn."""

    act: Act
    note: str
    seen: int | None
    answer: str = ""
    review_by: date | None = None


class ActsIn(StrictBody):
    acts: list[OneActIn] = Field(min_length=1, max_length=MOST_ACTS)


class ActResult(Schema):
    """What came of one act."""

    item: int
    done: bool = Field(description="Whether the item is as the act wants it; also where it was so before.")
    refusal: str = Field(description="Why it is not; empty where it is.")


class ActsOut(RunDetail):
    results: list[ActResult] = Field(description="In the order of the acts.")


class RunConflictOut(RunDetail):
    """The run as it is now, with the members of a problem."""

    type: str
    title: str
    status: int
    detail: str


NO_CLOSE = CloseIn.model_validate({})
NO_WHY = TakeBackIn.model_validate({})
ON_ITEM: dict[int, Any] = {200: ItemOut, 403: Problem, 404: Problem, 409: ItemConflictOut, 422: Problem}


@checklists.post(
    "/",
    auth=WriteBearer(),
    response={200: RunDetail, 201: RunDetail, 403: Problem, 404: Problem, 409: Problem, 422: Problem},
    summary="Start a run",
)
def start_run(request: HttpRequest, body: StartIn) -> Status[dict[str, Any]]:
    """Of the newest version of the checklist. Where one on the same subject is open, that is answered, with 200, and
    keeps the owner and the due date that it has."""
    checklist = find(Checklist.objects.all(), "checklist", body.checklist)
    environment = find_environment(body.environment)
    if checklist.system_id != environment.system_id:
        raise ProblemError(422, f"environment: {checklist} is a checklist of another system than {environment.path}.")
    version = newest_versions().filter(checklist=checklist).first()
    if version is None:
        raise ProblemError(409, f"{checklist} has no version yet: import its runbook.")
    token = caller(request)
    status = 201
    with refusals_as_problems(dict):
        try:
            wanted = PlanChange(owner_called(body.owner), body.due_on)
            run = start(version, environment, token.owner, clock.now(), body.subject, wanted, actor(token))
        except AlreadyOpen:
            about = {"checklist": checklist, "environment": environment, "subject": body.subject.strip()}
            found = Run.objects.filter(**about, closed_at__isnull=True).first()
            if found is None:  # closed in between
                raise
            run, status = found, 200
    return Status(status, run_detail(found_run(run.pk)))


@checklists.post(
    "/{int:run_id}/close/",
    auth=WriteBearer(),
    response={200: RunDetail, 403: Problem, 404: Problem, 409: RunConflictOut, 422: Problem},
    summary="Close a run",
)
def close(request: HttpRequest, run_id: int, body: CloseIn = NO_CLOSE) -> dict[str, Any]:
    """For good: as finished where everything that applies is done. Again by the same owner changes nothing."""
    run = found_run(run_id)
    with refusals_as_problems(lambda: RunDetail.model_validate(run_detail(found_run(run_id))).model_dump()):
        close_seen(run, caller(request).owner, clock.now(), body.seen)
    return run_detail(found_run(run_id))


@checklists.post(
    "/{int:run_id}/items/{int:item_id}/not_applicable/",
    auth=WriteBearer(),
    response=ON_ITEM,
    summary="Mark an item as not applicable",
)
def leave_out_item(request: HttpRequest, run_id: int, item_id: int, body: LeaveOutIn) -> dict[str, Any]:
    """As the token's owner; of a pair both items. Again by the same owner changes nothing."""
    return _act(request, run_id, item_id, _Asked("not_applicable", body.note, body.seen))


@checklists.post(
    "/{int:run_id}/items/{int:item_id}/waive/", auth=WriteBearer(), response=ON_ITEM, summary="Waive an item for a time"
)
def waive_item(request: HttpRequest, run_id: int, item_id: int, body: WaiveIn) -> dict[str, Any]:
    """As the token's owner; of a pair both items. A waiver fulfils no prerequisite. It may be renewed."""
    return _act(request, run_id, item_id, _Asked("waive", body.note, body.seen, review_by=body.review_by))


@checklists.post(
    "/{int:run_id}/items/{int:item_id}/take_back/",
    auth=WriteBearer(),
    response=ON_ITEM,
    summary="Take the newest act on an item back",
)
def take_back_item(request: HttpRequest, run_id: int, item_id: int, body: TakeBackIn = NO_WHY) -> dict[str, Any]:
    """The item is open again. An item that is open already answers 409."""
    return _act(request, run_id, item_id, _Asked("take_back", body.note, body.seen))


@checklists.post(
    "/{int:run_id}/acts/",
    auth=WriteBearer(),
    response={200: ActsOut, 403: Problem, 404: Problem, 422: Problem},
    summary="Act on several items",
)
def act_on_several(request: HttpRequest, run_id: int, body: ActsIn) -> dict[str, Any]:
    """Each act by itself, in this order, as on the pages: one that is refused keeps no other. The answer is 200 also
    where some were refused; `results` says which and why."""
    run, owner = found_run(run_id), caller(request).owner
    items = Item.objects.filter(section__version=run.version_id).in_bulk([each.item for each in body.acts])
    results = [_result(run, items.get(each.item), each, owner) for each in body.acts]
    return run_detail(found_run(run_id)) | {"results": results}


def _result(run: Run, item: Item | None, asked: OneActIn, by: User) -> dict[str, Any]:
    refusal = ""
    if item is None:
        refusal = f"No item {asked.item} in run {run.pk}."
    else:
        try:
            _perform(run, item, _Asked(asked.act, asked.note, asked.seen, asked.answer, asked.review_by), by)
        except PermissionDenied as error:
            raise ProblemError(403, f"{error}; a checklist signer may.") from None
        except Refusal as error:
            refusal = f"{error}."
    return {"item": asked.item, "done": not refusal, "refusal": refusal}


def _act(request: HttpRequest, run_id: int, item_id: int, asked: _Asked) -> dict[str, Any]:
    run, item = run_and_item(run_id, item_id)
    with refusals_as_problems(lambda: item_out(run, item)):
        _perform(run, item, asked, caller(request).owner)
    return item_out(run, item)


_ACTS: dict[Act, tuple[Callable[[ActRequest], SignOff], str]] = {
    "sign": (sign, SignOff.Act.DONE),
    "not_applicable": (mark_not_applicable, SignOff.Act.NOT_APPLICABLE),
    "waive": (waive, ""),
    "take_back": (take_back, ""),
}


def _perform(run: Run, item: Item, asked: _Asked, by: User) -> None:
    """The act; nothing where the same person has done the same before. Raises what the act raises."""
    act, again = _ACTS[asked.act]
    if asked.act == "sign" and any(member.two_person for member in pair_of(item)):
        raise PasswordsNeeded(item)
    try:
        act(ActRequest(run, item, by, clock.now(), asked.seen, asked.answer, asked.note, {}, asked.review_by))
    except AlreadySigned as refusal:
        if refusal.act.act != again or refusal.act.by_id != by.pk:
            raise
