"""Pages of schedules: the list, one with its history, the form with a preview, and the acts."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bootstrap.checklists.models import RunSchedule
from bootstrap.checklists.refusals import Refusal
from bootstrap.checklists.runs.open_run import PERMISSION
from bootstrap.checklists.schedules import acts
from bootstrap.checklists.schedules.form import ScheduleForm, preview
from bootstrap.checklists.schedules.listing import SCHEDULES
from bootstrap.checklists.schedules.queries import HISTORY, history_of, matching, schedule_rows, schedules
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty

FORM = "bootstrap/checklists/schedules/form.html"
DIGITS = 9
# Days that a signature in a new schedule holds: a quarter and a month's grace.
FIRST_EXPIRY = 124


@require_safe
@login_required
def schedule_list(request: HttpRequest) -> HttpResponse:
    """The list with what is open, what the last run came to, and when the next one opens."""
    listing = ListQuery(SCHEDULES, request)
    page = listing.page(matching(schedules(), listing.chosen["q"], listing.chosen["paused"]))
    may_plan = request.user.has_perm(PERMISSION)

    def empty() -> Empty:
        text = "A schedule opens a run of a checklist each week, month, quarter or year, and says which were missed."
        new = {"action_label": "New schedule", "action_url": reverse("schedule_new")} if may_plan else {}
        return Empty("No checklist repeats", text, icon="checklist", **new)

    rows = schedule_rows(page.rows, clock.now())
    crumbs = [("Checklists", reverse("checklist_list")), ("Schedules", None)]
    return answer(request, context_of(listing, page, empty, rows=rows, may_plan=may_plan, crumbs=crumbs))


@require_safe
@login_required
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """One schedule: its next dates and its periods, finished or missed."""
    shown, now = get_object_or_404(schedules(), pk=pk), clock.now()
    history = history_of(shown, now)
    context = {
        "schedule": shown,
        "row": schedule_rows([shown], now)[0],
        "history": history,
        "shortened": len(history) == HISTORY,
        "dates": preview(shown, now, _zone(request)) if shown.active else [],
        "own_zone": _zone(request).key,
        "startable": acts.startable(shown, now),
        "may_plan": request.user.has_perm(PERMISSION),
        "crumbs": [*_crumbs(), (shown.checklist.title, None)],
    }
    return render(request, "bootstrap/checklists/schedules/page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def schedule_new(request: HttpRequest) -> HttpResponse:
    """Write a schedule; with `preview` in the form its dates are shown, and nothing is kept."""
    now, zone = clock.now(), _zone(request)
    initial = {"zone": zone.key, "starts_on": now.astimezone(zone).date(), "expires_after": FIRST_EXPIRY}
    data = request.POST if request.method == "POST" else None
    form = ScheduleForm(data, initial={**initial, **request.GET.dict()})
    if data is not None and form.is_valid() and "preview" not in data:
        try:
            made = acts.make(form.instance, _user(request), now)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Kept. A period that has begun has its run within the minute.")
            return HttpResponseRedirect(reverse("schedule", args=[made.pk]), status=303)
    return _form(request, form, now, "New schedule")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(PERMISSION, raise_exception=True)
def schedule_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a schedule; the runs that it has opened stay as they are."""
    shown, now = get_object_or_404(schedules(), pk=pk), clock.now()
    revision = shown.revision
    data = request.POST if request.method == "POST" else None
    form, status = ScheduleForm(data, instance=shown), 200
    if data is not None and form.is_valid() and "preview" not in data:
        try:
            acts.change(pk, form.values, _user(request), now, seen=_seen(request))
        except ValidationError as error:
            form.add_error(None, error)
        except Refusal as refusal:
            form.add_error(None, f"{refusal}.")
            status = 409
        else:
            messages.success(request, "Changed.")
            return HttpResponseRedirect(reverse("schedule", args=[pk]), status=303)
    return _form(request, form, now, "Change the schedule", revision=revision, status=status, pk=pk)


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def schedule_pause(request: HttpRequest, pk: int) -> HttpResponse:
    """Pause it: it opens and closes nothing."""
    return _switch(request, pk, active=False, done="Paused. The run that is open stays open.")


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def schedule_resume(request: HttpRequest, pk: int) -> HttpResponse:
    """Resume it: the current period has its run within the minute."""
    return _switch(request, pk, active=True, done="Resumed. The current period has its run within the minute.")


@require_POST
@login_required
@permission_required(PERMISSION, raise_exception=True)
def schedule_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Open the run of the current period, or that of the next one, before its time."""
    try:
        run = acts.start_now(pk, _user(request), clock.now())
    except RunSchedule.DoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, f"{refusal}.")
        return HttpResponseRedirect(reverse("schedule", args=[pk]), status=303)
    return HttpResponseRedirect(run.get_absolute_url(), status=303)


def _switch(request: HttpRequest, pk: int, *, active: bool, done: str) -> HttpResponse:
    try:
        acts.change(pk, {"active": active}, _user(request), clock.now(), seen=_seen(request))
    except RunSchedule.DoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, done)
    return HttpResponseRedirect(reverse("schedule", args=[pk]), status=303)


def _form(
    request: HttpRequest,
    form: ScheduleForm,
    now: datetime,
    title: str,
    revision: int | None = None,
    status: int = 200,
    pk: int | None = None,
) -> HttpResponse:
    valid = form.is_bound and form.is_valid()
    context: dict[str, Any] = {
        "form": form,
        "title": title,
        "revision": revision,
        "dates": preview(form.instance, now, _zone(request)) if valid else [],
        "own_zone": _zone(request).key,
        "back": reverse("schedule", args=[pk]) if pk else reverse("schedule_list"),
        "crumbs": [*_crumbs(), (title, None)],
    }
    is_wrong = form.is_bound and not valid and status == 200
    return render(request, FORM, context, status=422 if is_wrong else status)


def _crumbs() -> list[tuple[str, str | None]]:
    return [("Checklists", reverse("checklist_list")), ("Schedules", reverse("schedule_list"))]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _zone(request: HttpRequest) -> ZoneInfo:
    """The person's zone; UTC where the account names none that there is."""
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo(_user(request).time_zone)
    return ZoneInfo("UTC")


def _seen(request: HttpRequest) -> int | None:
    version = request.POST.get("version", "")
    return int(version) if version.isdecimal() and len(version) <= DIGITS else None
