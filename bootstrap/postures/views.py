"""Pages of postures. URLs pass `facts_of`, as facts are read by a package above this one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bootstrap.postures.approval import (
    DECIDE,
    PROPOSE,
    REVIEW_AFTER,
    PostureRefusal,
    Proposal,
    approve,
    end,
    propose,
    review,
)
from bootstrap.postures.forms import EndForm, ProposeForm, ReviewForm
from bootstrap.postures.models import Posture
from bootstrap.postures.queries import FactsReader, history, views
from bootstrap.postures.queries import postures as all_postures
from bootstrap.postures.status import ENDED
from opsconsole.accounts.models import User
from opsconsole.accounts.password_again import ActInWords, with_password_again
from opsconsole.lib import clock

# Ended postures are history; nobody looks for more than the newest hundred.
MAX_ENDED = 100


@require_safe
@login_required
def postures(request: HttpRequest, facts_of: FactsReader) -> HttpResponse:
    """All postures with their status; ended ones are folded."""
    now = clock.now()
    current = views(all_postures().filter(ended_at__isnull=True), facts_of, now)
    ended = views(all_postures().filter(ended_at__isnull=False).order_by("-ended_at")[:MAX_ENDED], facts_of, now)
    context = {
        "views": current,
        "ended": ended,
        "may_propose": request.user.has_perm(PROPOSE),
        "crumbs": [("Environments", reverse("environment_list")), ("Postures", None)],
    }
    return render(request, "bootstrap/postures/list.html", context)


@require_safe
@login_required
def posture(request: HttpRequest, pk: int, facts_of: FactsReader) -> HttpResponse:
    """One posture: each term of its guard with its answer now, its history, and forms to decide on it."""
    shown = get_object_or_404(all_postures().select_related("source__runbook"), pk=pk)
    now = clock.now()
    [view] = views([shown], facts_of, now)
    may_decide = request.user.has_perm(DECIDE) and view.status.state != ENDED
    others = may_decide and shown.author_id != request.user.pk
    context = {
        "view": view,
        "history": history(shown),
        "may_approve": others and not shown.approved_at,
        "may_review": others and shown.approved_at,
        "may_end": may_decide,
        "own": may_decide and not others,
        "next_review": (now + REVIEW_AFTER).date(),
        "crumbs": [
            ("Environments", reverse("environment_list")),
            ("Postures", reverse("posture_list")),
            (str(shown), None),
        ],
    }
    return render(request, "bootstrap/postures/page.html", context)


@require_http_methods(["GET", "POST"])
@login_required
@permission_required(PROPOSE, raise_exception=True)
def propose_posture(request: HttpRequest) -> HttpResponse:
    """A form that proposes a posture, which another person has to approve."""
    assert isinstance(request.user, User)
    now = clock.now()
    if request.method == "GET":
        initial = {**request.GET.dict(), "review_by": (now + REVIEW_AFTER).date()}
        return _form(request, ProposeForm(initial=initial))
    form = ProposeForm(request.POST)
    if form.is_valid():
        try:
            made = propose(Proposal(**form.values), request.user, now)
        except PostureRefusal as refusal:
            form.add_error(None, f"{refusal}.")
        else:
            messages.success(request, "Proposed. It is in force once another person has approved it.")
            return HttpResponseRedirect(made.get_absolute_url(), status=303)
    return _form(request, form, status=422)


def _form(request: HttpRequest, form: ProposeForm, status: int = 200) -> HttpResponse:
    crumbs = [("Environments", reverse("environment_list")), ("Postures", reverse("posture_list")), ("Propose", None)]
    return render(request, "bootstrap/postures/propose.html", {"form": form, "crumbs": crumbs}, status=status)


@require_POST
@login_required
@permission_required(DECIDE, raise_exception=True)
def approve_posture(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it in force. Asks for the password again: an open session is no proof of a second person."""
    return with_password_again(_approve, request, pk, words=lambda: _in_words("Approve a posture", pk))


def _approve(request: HttpRequest, pk: int) -> HttpResponse:
    return _decide(request, pk, lambda target, by: approve(target, by, clock.now()), "Approved; it is in force.")


@require_POST
@login_required
@permission_required(DECIDE, raise_exception=True)
def review_posture(request: HttpRequest, pk: int) -> HttpResponse:
    """Set another day of review. Asks for the password again."""
    return with_password_again(_review, request, pk, words=lambda: _in_words("Set when a posture is reviewed next", pk))


def _in_words(what: str, pk: int) -> ActInWords:
    target = get_object_or_404(Posture.objects.select_related("source__runbook"), pk=pk)
    facts = [("Posture", str(target)), ("While", target.guard), ("Why", target.reason[:300])]
    return ActInWords(what, (*facts, *([("Runbook", str(target.source))] if target.source else [])))


def _review(request: HttpRequest, pk: int) -> HttpResponse:
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, form)
    day = form.cleaned_data["review_by"]
    return _decide(request, pk, lambda target, by: review(target, day, by, clock.now()), f"Reviewed; next by {day}.")


@require_POST
@login_required
@permission_required(DECIDE, raise_exception=True)
def end_posture(request: HttpRequest, pk: int) -> HttpResponse:
    """End it: the missing variable has its full severity again."""
    form = EndForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, form)
    reason = form.cleaned_data["reason"]
    return _decide(request, pk, lambda target, by: end(target, reason, by, clock.now()), "Ended.")


def _decide(
    request: HttpRequest, pk: int, act: Callable[[Posture, User], Posture], success: str
) -> HttpResponseRedirect:
    target = get_object_or_404(Posture, pk=pk)
    assert isinstance(request.user, User)
    try:
        act(target, request.user)
    except PostureRefusal as refusal:
        messages.error(request, f"{refusal}.")
    else:
        messages.success(request, success)
    return HttpResponseRedirect(target.get_absolute_url(), status=303)


def _refused(request: HttpRequest, pk: int, form: Any) -> HttpResponseRedirect:
    messages.error(request, "; ".join(f"{name}: {errors[0]}" for name, errors in form.errors.items()))
    return HttpResponseRedirect(get_object_or_404(Posture, pk=pk).get_absolute_url(), status=303)
