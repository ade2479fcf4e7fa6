"""Pages of checklists and the acts on items. The page of one run is in detections.dashboard: it tells of rules too."""

from __future__ import annotations

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from bootstrap.checklists.forms import ActForm
from bootstrap.checklists.models import Item, Run, SignOff
from bootstrap.checklists.page import run_view
from bootstrap.checklists.queries import last_acts, open_runs, progress_by_run, run_of
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.sign import PERMISSION, Request, mark_not_applicable, sign, take_back
from bootstrap.systems.queries import environments_with_hosts
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.htmx import fragment, is_htmx

Act = Callable[[Request], SignOff]


@require_GET
@login_required
def checklists(request: HttpRequest) -> HttpResponse:
    """All open runs, how far each has come and who signed last."""
    runs = list(open_runs())
    progress, last = progress_by_run(runs), last_acts(runs)
    context = {"rows": [(run, progress[run.pk], last.get(run.pk)) for run in runs]}
    if is_htmx(request):
        return fragment(request, "bootstrap/checklists/list.html#runs", context)
    return render(request, "bootstrap/checklists/list.html", context)


@require_GET
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


@require_GET
@login_required
def print_run(request: HttpRequest, system: str, environment: str, pk: int) -> HttpResponse:
    """A run on paper: items, who signed, notes; no controls."""
    run = get_object_or_404(run_of(system, environment), pk=pk)
    return render(request, "bootstrap/checklists/print.html", {"view": run_view(run), "made": clock.now()})


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
