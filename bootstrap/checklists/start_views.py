"""The page that starts a run: a checklist first, then one of its system's environments, or a new one made there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST

from bootstrap.checklists.forms import ChooseForm, StartForm
from bootstrap.checklists.models import ChecklistVersion, Run
from bootstrap.checklists.plans.assign import PlanChange, due_date, owner_called
from bootstrap.checklists.plans.forms import known_owners
from bootstrap.checklists.queries import open_runs
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.runs import open_run
from bootstrap.checklists.runs.start import start
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.systems.models import Environment
from bootstrap.systems.new_environment import PERMISSIONS, NewEnvironmentForm
from opsconsole.accounts.models import User
from opsconsole.accounts.who_may import who_may
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx

PAGE = "bootstrap/checklists/start.html"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(open_run.PERMISSION, raise_exception=True)
def start_run(request: HttpRequest) -> HttpResponse:
    """Choose a checklist and an environment of its system; a POST opens a run of the checklist's newest version."""
    if request.method != "POST":
        context = start_context(request, request.GET)
        if is_htmx(request):
            return fragment(request, "bootstrap/checklists/_start.html", context)
        return _page(request, context)
    form = StartForm(request.POST, chosen=_version(request.POST.get("version", "")))
    assert isinstance(request.user, User)
    if form.is_valid():
        data = form.cleaned_data
        try:
            run = _start(data, request.user)
        except Refusal as refusal:
            form.add_error(refusal.field or None, f"{refusal}.")
        else:
            return HttpResponseRedirect(run.get_absolute_url(), status=303)
    return _page(request, start_context(request, request.POST) | {"form": form}, status=422)


def _start(data: Mapping[str, Any], by: User) -> Run:
    now = clock.now()
    plan = PlanChange(owner_called(data["owner"]), due_date(data["due_on"], now))
    return start(data["version"], data["environment"], by, now, data["subject"], plan)


@require_POST
@login_required
@permission_required((open_run.PERMISSION, *PERMISSIONS), raise_exception=True)
def add_environment(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an environment of the system of the checklist whose version has this id, and go on with the start there."""
    version = get_object_or_404(newest_versions(), pk=pk)
    checklist = version.checklist
    form = NewEnvironmentForm(checklist.system, request.POST, app=checklist.app)
    made = form.save() if form.is_valid() else None
    if made is None:
        return _page(request, start_context(request, {"version": str(pk)}) | {"environment_form": form}, status=422)
    messages.success(request, f"{made.path} is made. Start its checklist now.")
    chosen = urlencode({"version": pk, "environment": made.pk})
    return HttpResponseRedirect(f"{reverse('checklist_start')}?{chosen}", status=303)


def start_context(request: HttpRequest, given: Mapping[str, str], kind: str = "") -> dict[str, Any]:
    """What `_start.html` shows. `given` has the chosen `version` and `environment` by id, and a `subject`, or some of
    them; what names nothing is left out. `kind` narrows the checklists that are offered."""
    version, environment = _version(given.get("version", "")), _environment(given.get("environment", ""))
    choose = ChooseForm(kind=kind, system=environment.system_id if environment and not version else None)
    if version is None and len(choose.offered) == 1:
        version = choose.offered[0]
    choose.initial = {"version": version and version.pk}
    context: dict[str, Any] = {"choose": choose, "kept": environment, "chosen": version, "may_start": True}
    if version:
        context |= _second_step(request, version, given)
    return context


def _second_step(request: HttpRequest, version: ChecklistVersion, given: Mapping[str, str]) -> dict[str, Any]:
    checklist = version.checklist
    may_add = request.user.has_perms(PERMISSIONS)
    initial = {"version": version.pk, "environment": given.get("environment"), "subject": given.get("subject", "")}
    return {
        "form": StartForm(initial=initial, chosen=version),
        "known": known_owners(),
        "open_runs": open_runs().filter(checklist=checklist),
        "environment_form": NewEnvironmentForm(checklist.system, app=checklist.app) if may_add else None,
        "who_may_add": "" if may_add else who_may(PERMISSIONS[0]),
    }


def _page(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    context["crumbs"] = [("Checklists", reverse("checklist_list")), ("Start one", None)]
    return render(request, PAGE, context, status=status)


def _version(pk: str) -> ChecklistVersion | None:
    return newest_versions().select_related("checklist__app").filter(pk=_number(pk)).first()


def _environment(pk: str) -> Environment | None:
    return Environment.objects.select_related("system").filter(pk=_number(pk)).first()


def _number(text: str) -> int:
    """0, which is no id, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
