"""Checklists and sign-offs over the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Body, Query, Router

from bootstrap.checklists.api_schemas import (
    ITEM_FIELDS,
    ItemConflictOut,
    ItemOut,
    RunDetail,
    RunFilters,
    RunOut,
    SignBody,
    SignIn,
)
from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.item_views import ItemView
from bootstrap.checklists.models import Checklist, Item, Run, RunSchedule, SignOff
from bootstrap.checklists.plans.of_runs import run_plans
from bootstrap.checklists.plans.view import PlanView
from bootstrap.checklists.progress import Progress
from bootstrap.checklists.queries import progress_by_run, runs
from bootstrap.checklists.refusals import AlreadySigned, PasswordsNeeded, Refusal
from bootstrap.checklists.run_page import RunView, run_view
from bootstrap.checklists.runs.lookup import find_environment
from bootstrap.checklists.signing.sign import sign
from bootstrap.checklists.signing.signers import first_signature
from bootstrap.checklists.version_queries import pair_of
from opsconsole.accounts.bearer import WriteBearer, caller
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound, find
from opsconsole.lib.web.api_schemas import Page, Problem
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError, unknown_as_problem

checklists = Router(tags=["checklists"])
NO_BODY = SignBody.model_validate({})


@checklists.get(
    "/", response={200: Page[RunOut], 422: Problem}, url_name="checklists", summary="List runs, newest first"
)
def list_runs(request: HttpRequest, filters: Query[RunFilters]) -> dict[str, Any]:
    rows, following = page(request, _matching(filters), (("id", int),))
    now = clock.now()
    progress = progress_by_run(rows, now)
    plans = run_plans(rows, progress, now)
    return {"items": [run_out(run, progress[run.pk], plans[run.pk]) for run in rows], "next": following}


@checklists.get("/{int:run_id}/", response={200: RunDetail, 404: Problem}, url_name="checklist", summary="One run")
def onerun_out(request: HttpRequest, run_id: int) -> dict[str, Any]:
    return run_detail(found_run(run_id))


@checklists.post(
    "/{int:run_id}/items/{int:item_id}/sign/",
    auth=WriteBearer(),
    response={200: ItemOut, 403: Problem, 404: Problem, 409: ItemConflictOut, 422: Problem},
    summary="Sign an item",
)
def sign_item(
    request: HttpRequest, run_id: int, item_id: int, address: Query[SignIn], body: Body[SignBody] = NO_BODY
) -> dict[str, Any]:
    """Sign as the token's owner. Signing again changes nothing.

    Both items of a pair (`together`) are signed in one act. Two-person items, and pairs with one, can only be signed in
    the browser, where each of the two people gives a password.
    """
    run, item = run_and_item(run_id, item_id)
    if any(member.two_person for member in pair_of(item)):
        raise ProblemError(403, f"{PasswordsNeeded(item)}.")
    with refusals_as_problems(lambda: item_out(run, item)):
        _sign(request, run, item, address.model_copy(update=_given_fields(body)))
    return item_out(run, item)


@contextmanager
def refusals_as_problems(current: Callable[[], dict[str, Any]]) -> Iterator[None]:
    """An act on an item or a run: 403, 422 where an input is wrong, or 409 with what `current` says is there now."""
    try:
        yield
    except PermissionDenied as error:
        raise ProblemError(403, f"{error}; a checklist signer may.") from None
    except Refusal as refusal:
        if refusal.field:
            raise ProblemError(422, f"{refusal}.") from None
        raise ProblemError(409, f"{refusal}.", **current()) from None


def _given_fields(body: SignBody) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.model_fields_set}


def _sign(request: HttpRequest, run: Run, item: Item, asked: SignIn) -> None:
    owner = caller(request).owner
    evidence = {"link": str(asked.link)} if asked.link else {}
    try:
        sign(ActRequest(run, item, owner, clock.now(), asked.seen, asked.answer, asked.note, evidence))
    except AlreadySigned as refusal:
        if refusal.act.act != SignOff.Act.DONE or refusal.act.by_id != owner.pk:
            raise


def _matching(filters: RunFilters) -> QuerySet[Run]:
    if filters.environment and not filters.environment.partition("/")[2]:
        raise ProblemError(422, "environment: write system/environment, e.g. raptor/prod.")
    wanted: dict[str, Any] = {"subject": filters.subject, "outcome": filters.outcome}
    if filters.environment:
        with unknown_as_problem("environment"):
            wanted["environment"] = find_environment(filters.environment)
    if filters.checklist:
        with unknown_as_problem("checklist"):
            wanted["version__checklist"] = find(Checklist.objects.all(), "checklist", filters.checklist)
    if filters.schedule:
        with unknown_as_problem("schedule"):
            if not RunSchedule.objects.filter(pk=filters.schedule).exists():
                raise NotFound("schedule", filters.schedule)
            wanted["schedule"] = filters.schedule
    rows = runs().filter(**{name: value for name, value in wanted.items() if value})
    return rows.filter(closed_at__isnull=filters.status == "open") if filters.status else rows


def found_run(run_id: int) -> Run:
    """The run with its checklist and environment. Raises NotFound."""
    run = runs().filter(pk=run_id).first()
    if run is None:
        raise NotFound("run", run_id)
    return run


def run_and_item(run_id: int, item_id: int) -> tuple[Run, Item]:
    """The run, and an item of its version. Raises NotFound."""
    run = found_run(run_id)
    item = Item.objects.filter(pk=item_id, section__version=run.version_id).first()
    if item is None:
        raise NotFound("item", item_id, place=f"in run {run_id}")
    return run, item


def run_detail(run: Run) -> dict[str, Any]:
    """The fields of a RunDetail."""
    view = run_view(run, clock.now())
    items = [_item(item, title) for title, item in _items(view)]
    return run_out(view.run, view.progress, view.plan) | {"items": items, "seen": sum(item["seen"] for item in items)}


def _items(view: RunView) -> list[tuple[str, ItemView]]:
    return [(section.section.title, item) for section in view.sections for item in section.items]


def item_out(run: Run, item: Item) -> dict[str, Any]:
    """The fields of an ItemOut."""
    return next(_item(view, title) for title, view in _items(run_view(run, clock.now())) if view.item.pk == item.pk)


def _item(view: ItemView, section: str) -> dict[str, Any]:
    newest, first = view.newest, first_signature(view.acts)
    return {
        "id": view.item.pk,
        "section": section,
        "state": view.state,
        "blocked_by": list(view.waits_for) if view.state == "blocked" else [],
        "first_signed_by": first.signer if first else None,
        "signed_by": newest.signer if newest else None,
        "signed_at": newest.at if newest else None,
        "answer": newest.answer if newest else "",
        "note": newest.note if newest else "",
        "review_by": newest.review_by if newest else None,
        **_plan(view.plan),
        "together": list(view.together),
        "seen": len(view.acts),
        **{name: getattr(view.item, name) for name in ITEM_FIELDS},
    }


def _plan(plan: PlanView) -> dict[str, Any]:
    return {"owner": plan.owner or None, "due_on": plan.due_on, "overdue": plan.overdue}


def run_out(run: Run, progress: Progress, plan: PlanView) -> dict[str, Any]:
    """The fields of a RunOut."""
    return {
        "id": run.pk,
        "environment": run.environment.path,
        "checklist": run.version.checklist.slug,
        "subject": run.subject,
        "version": run.version.number,
        "started_at": run.started_at,
        "closed_at": run.closed_at,
        "outcome": run.outcome,
        "schedule": run.schedule_id,
        "period": run.period,
        **_plan(plan),
        "progress": progress,
        "url": settings.PUBLIC_URL + run.get_absolute_url(),
    }
