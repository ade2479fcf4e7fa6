"""Pages that set owners and due dates, and the list of items that people have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bootstrap.checklists.models import Run
from bootstrap.checklists.plans import listing
from bootstrap.checklists.plans.assign import PERMISSION, PlanChange, assign
from bootstrap.checklists.plans.forms import KNOWN_OWNERS, ManyForm, PlanForm, known_owners, refuse
from bootstrap.checklists.plans.queries import owners_of_runs
from bootstrap.checklists.plans.view import day_of
from bootstrap.checklists.queries import run_of
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.run_page import RunView, run_view
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery

WHOLE = "run"  # the tick box of the run as a whole


@require_safe
@login_required
def items(request: HttpRequest) -> HttpResponse:
    """Open items that have an owner or a due date, in all open checklists; `?mine=1` for the visitor's own."""
    assert isinstance(request.user, User)
    now, query = clock.now(), ListQuery(listing.ITEMS, request)
    page = query.page(listing.matching(query.chosen, request.user, now))
    shown = context_of(query, page, lambda: listing.NO_ITEMS, rows=listing.rows(page.rows, now))
    return answer(request, shown, lambda: {"owner": owners_of_runs()})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def plan(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """Give the run, whole sections or many items an owner and a due date at once."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    now, form = clock.now(), ManyForm(request.POST or None)
    view = run_view(run, now)
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        try:
            changed = assign(run, _chosen(request, view), form.change(now), request.user, now)
        except Refusal as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _in_words(changed))
            return HttpResponseRedirect(reverse("checklist_plan", args=[system, environment, pk]), status=303)
    return render(
        request,
        "bootstrap/checklists/plans/plan.html",
        _context(request, run, view, form),
        status=422 if form.errors else 200,
    )


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def plan_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """Set the owner and the due date of the run as a whole; a refusal is told on its page."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    form, now = PlanForm(request.POST), clock.now()
    assert isinstance(request.user, User)
    try:
        if form.is_valid():
            change, seen = form.change(now), form.cleaned_data["seen"]
            assign(run, [None], change, request.user, now, seen)
            messages.success(request, f"The checklist: {change_in_words(change)}.")
        else:
            problems = "; ".join(f"{field}: {errors[0]}" for field, errors in form.errors.items())
            messages.error(request, f"The checklist was not changed. {problems}")
    except Refusal as refusal:
        messages.error(request, f"The checklist was not changed. {refusal}.")
    return HttpResponseRedirect(run.get_absolute_url(), status=303)


def change_in_words(change: PlanChange) -> str:
    """`owner ada, due 2026-06-10`."""
    owner = f"owner {change.owner}" if change.owner else "nobody owns it"
    return f"{owner}, {f'due {change.due_on}' if change.due_on else 'no due date'}"


def _chosen(request: HttpRequest, view: RunView) -> list[int | None]:
    """The ids of the ticked items and of those in ticked sections; None for the run as a whole."""
    items, sections = set(request.POST.getlist("item")), set(request.POST.getlist("section"))
    chosen: list[int | None] = [None] if WHOLE in request.POST else []
    for part in view.sections:
        whole = str(part.section.pk) in sections
        chosen += [item.pk for item in part.items if whole or str(item.pk) in items]
    return chosen


def _in_words(changed: int) -> str:
    if not changed:
        return "Nothing changed: it was set so already."
    return f"{changed} owner{'' if changed == 1 else 's'} or due date{'' if changed == 1 else 's'} set."


def _context(request: HttpRequest, run: Run, view: RunView, form: ManyForm) -> dict[str, Any]:
    return {
        "view": view,
        "form": form,
        "ticked": _ticked(request),
        "known": known_owners(),
        "known_id": KNOWN_OWNERS,
        "today": day_of(clock.now()),
        "crumbs": [
            ("Checklists", reverse("checklist_list")),
            (run.environment.path, run.get_absolute_url()),
            ("Owners and due dates", None),
        ],
    }


def _ticked(request: HttpRequest) -> dict[str, Collection[int]]:
    """The ids that were ticked, by name of the tick box: a refused form keeps them."""
    ticked: dict[str, Collection[int]] = {
        name: {
            int(value)
            for value in request.POST.getlist(name)
            if value.isascii() and value.isdecimal() and len(value) < 19
        }
        for name in ("item", "section")
    }
    return ticked | {WHOLE: [1] if WHOLE in request.POST else []}
