"""Pages of checklists and the acts on items. The page of one run is in detections.dashboard: it tells of rules too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from bootstrap.checklists import start
from bootstrap.checklists.changes import compare
from bootstrap.checklists.export import as_markdown
from bootstrap.checklists.forms import ActForm, StartForm
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.page import run_view
from bootstrap.checklists.queries import last_acts, newer_version, open_runs, progress_by_run, run_of, wordings
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.sign import PERMISSION, Request, mark_not_applicable, sign, take_back
from bootstrap.systems.queries import environments_with_hosts
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.htmx import fragment, is_htmx

Act = Callable[[Request], SignOff]


@require_safe
@login_required
def checklists(request: HttpRequest) -> HttpResponse:
    """All open runs, how far each has come and who signed last."""
    context = _listed()
    if is_htmx(request):
        return fragment(request, "bootstrap/checklists/list.html#runs", context)
    may_start = request.user.has_perm(start.PERMISSION)
    return render(request, "bootstrap/checklists/list.html", {**context, "form": StartForm() if may_start else None})


def _listed() -> dict[str, Any]:
    runs = list(open_runs())
    progress, last = progress_by_run(runs), last_acts(runs)
    return {"rows": [(run, progress[run.pk], last.get(run.pk)) for run in runs]}


@require_POST
@login_required
@permission_required(start.PERMISSION, raise_exception=True)
def start_run(request: HttpRequest) -> HttpResponse:
    """Open a run of a checklist's newest version."""
    form = StartForm(request.POST)
    assert isinstance(request.user, User)
    if not form.is_valid():
        return render(request, "bootstrap/checklists/list.html", {**_listed(), "form": form}, status=422)
    try:
        run = start.open_run(form.cleaned_data["version"], form.cleaned_data["environment"], request.user)
    except Refusal as refusal:
        messages.error(request, f"{refusal}.")
        return HttpResponseRedirect(reverse("checklists"), status=303)
    return HttpResponseRedirect(run.get_absolute_url(), status=303)


@require_safe
@login_required
def environments(request: HttpRequest) -> HttpResponse:
    """Environments with the names their hosts know them by, and their checklists."""
    runs = list(open_runs())
    progress = progress_by_run(runs)
    rows = [
        (environment, [(run, progress[run.pk]) for run in runs if run.environment_id == environment.pk])
        for environment in environments_with_hosts()
    ]
    return render(request, "bootstrap/systems/environments.html", {"rows": rows})


@require_safe
@login_required
def print_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run on paper: items, who signed, notes; no controls."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    return render(request, "bootstrap/checklists/print.html", {"view": run_view(run), "made": clock.now()})


@require_safe
@login_required
def export_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run as a markdown file, with who signed what."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    name = f"{run.version.checklist.slug}-{system}-{environment}.md"
    return HttpResponse(
        as_markdown(run_view(run)),
        content_type="text/markdown; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""},
    )


@require_safe
@login_required
def changes(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """What the newest version of the checklist says otherwise than the one that the run is pinned to."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    newer = newer_version(run)
    context = {
        "run": run,
        "newer": newer,
        "changes": compare(wordings(run.version_id), wordings(newer.pk)) if newer else None,
        "may_move": request.user.has_perm(start.PERMISSION) and run.closed_at is None,
        "crumbs": [
            ("Checklists", reverse("checklists")),
            (run.environment.path, run.get_absolute_url()),
            ("Changes", None),
        ],
    }
    return render(request, "bootstrap/checklists/changes.html", context)


@require_POST
@login_required
@permission_required(start.PERMISSION, raise_exception=True)
def move_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """Go on with the newest version; what is the same stays signed."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    newer = newer_version(run)
    assert isinstance(request.user, User)
    if newer is None:
        messages.info(request, "This is the newest version.")
        return HttpResponseRedirect(run.get_absolute_url(), status=303)
    try:
        following = start.move_run(run, newer, request.user, clock.now())
    except Refusal as refusal:
        messages.error(request, f"{refusal}.")
        return HttpResponseRedirect(run.get_absolute_url(), status=303)
    messages.success(request, f"Moved to version {newer.number}; items that are the same stay signed.")
    return HttpResponseRedirect(following.get_absolute_url(), status=303)


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def sign_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Sign; a two-person item asks for the password again first, as a session left open is no second person."""
    run, found = _item(system, environment, pk, item)
    act = reauthentication_required(_act) if found.two_person else _act
    answer: HttpResponse = act(request, run, found, sign)
    return answer


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def take_back_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Undo the newest act on an item."""
    return _act(request, *_item(system, environment, pk, item), take_back)


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def leave_out_item(request: HttpRequest, system: str, environment: str, pk: int, item: int) -> HttpResponse:
    """Mark an item as not applicable, with a reason."""
    return _act(request, *_item(system, environment, pk, item), mark_not_applicable)


def _item(system: str, environment: str, pk: int, item: int) -> tuple[Run, Item]:
    run = get_object_or_404(run_of(system, environment), pk=pk)
    return run, get_object_or_404(Item, pk=item, section__version=run.version_id)


def _act(request: HttpRequest, run: Run, item: Item, act: Act) -> HttpResponse:
    """Do it and go back to the item: 303 for all, htmx follows it and gets the run's fragment with the message."""
    form = ActForm(request.POST)
    assert isinstance(request.user, User)
    if not form.is_valid():
        problems = "; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items())
        messages.error(request, f"{item.key} was not changed. {problems}")
        return _back(run, item)
    data = form.cleaned_data
    wanted = Request(run, item, request.user, clock.now(), data["seen"], data["note"], form.evidence)
    try:
        made = act(wanted)
    except Refusal as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, f"{item.key} {made.told()}.")
    return _back(run, item)


def _back(run: Run, item: Item) -> HttpResponse:
    return HttpResponseRedirect(f"{run.get_absolute_url()}#item-{item.key}", status=303)
