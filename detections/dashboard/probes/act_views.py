"""What people do with a target: run it now, freeze its rollout, let it go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from detections.dashboard.probes.listing import RUNS
from detections.dashboard.probes.views import FREEZE, RUN, target_answer, the_target
from detections.probes import gate
from detections.probes.models import ProbeFreeze, ProbeRun, ProbeTarget
from detections.probes.start import RunUnderWay, start_now
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.lists.query import ListQuery

Change = Callable[[ProbeTarget, User, str, datetime], ProbeFreeze]
GONE = "The target was removed in the meantime."


@require_POST
@login_required
@permission_required(RUN, raise_exception=True)
def probe_start(request: HttpRequest, slug: str) -> HttpResponse:
    """Queue a run, and go to where its progress is shown; where one is under way already, to that one."""
    target = the_target(slug)
    try:
        run = start_now(target, _user(request), clock.now())
    except RunUnderWay as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(_under_way(target), status=303)
    except ProbeTarget.DoesNotExist:
        raise Http404(GONE) from None
    return HttpResponseRedirect(reverse("probe_run", args=[slug, run.pk]), status=303)


@require_POST
@login_required
@permission_required(FREEZE, raise_exception=True)
def probe_freeze(request: HttpRequest, slug: str) -> HttpResponse:
    """Close the gate until somebody lets it go."""
    return _change(request, slug, gate.freeze, "Frozen: the gate stays closed until somebody lets it go.")


@require_POST
@login_required
@permission_required(FREEZE, raise_exception=True)
def probe_unfreeze(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a freeze back; what checks say holds all the same."""
    return _change(request, slug, gate.unfreeze, "Let go: the gate says what the checks say.")


def _change(request: HttpRequest, slug: str, change: Change, done: str) -> HttpResponse:
    target, reason = the_target(slug), request.POST.get("reason", "")
    try:
        change(target, _user(request), reason, clock.now())
    except gate.FreezeRefused as refusal:
        status = 409 if isinstance(refusal, gate.FreezeConflict) else 422
        listing = ListQuery(RUNS, request, reverse("probe_target", args=[slug]))
        return target_answer(request, target, listing, status=status, refused=str(refusal))
    except ProbeTarget.DoesNotExist:
        raise Http404(GONE) from None
    messages.success(request, done)
    return HttpResponseRedirect(reverse("probe_target", args=[slug]), status=303)


def _under_way(target: ProbeTarget) -> str:
    """The address of the run that waits or runs; of the target where it has ended by now."""
    run = target.runs.filter(state__in=ProbeRun.OPEN).only("pk").first()
    return reverse("probe_run", args=[target.slug, run.pk]) if run else reverse("probe_target", args=[target.slug])


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
