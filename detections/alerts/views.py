"""The inbox, one alert, what people do about it, and the routing to try out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from detections.alerts import filters as filtering
from detections.alerts import queries
from detections.alerts.forms import TryRoutingForm
from detections.alerts.handling.acknowledge import Conflict, acknowledge
from detections.alerts.handling.resolve import resolve
from detections.alerts.models import Alert
from detections.alerts.pages import alert_page as pages
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx

PER_PAGE = 50
REVISION_DIGITS, NO_REVISION = 10, -1
MAY_ACT = "detections.change_alert"


@require_safe
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    """The inbox; its filters are its address."""
    filters = filtering.from_query(request.GET)
    shown = Paginator(queries.inbox(filters), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filters": filters,
        "page": shown,
        "rows": list(shown),
        "may_act": request.user.has_perm(MAY_ACT),
        "here": request.get_full_path(),
        "judging": "" if shown.object_list else pages.judging(clock.now()),
    }
    if is_htmx(request):
        return fragment(request, "detections/alerts/alerts.html#inbox", context)
    context |= {
        "rules": queries.rules_with_alerts(),
        "projects": queries.projects_with_alerts(),
        "conditions": filtering.CONDITIONS.items(),
        "handlings": filtering.HANDLINGS.items(),
        "severities": filtering.SEVERITIES,
    }
    return render(request, "detections/alerts/alerts.html", context)


@require_safe
@login_required
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """One episode."""
    return _show(request, _found(pk))


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an alert in hand."""
    return _act(request, pk, acknowledge, "Acknowledged: you have it.")


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_resolve(request: HttpRequest, pk: int) -> HttpResponse:
    """Close an episode by hand."""
    return _act(
        request, pk, resolve, "Resolved. A new alert opens only after the condition has cleared once, or rises."
    )


@require_safe
@login_required
def routing(request: HttpRequest) -> HttpResponse:
    """Try it: which route, window and targets a rule at a severity would go to at a time, and why."""
    form = TryRoutingForm(request.GET if request.GET else None, now=clock.now())
    question = form.question() if form.is_bound and form.is_valid() else None
    context = {"form": form, **pages.routing(question)}
    return render(request, "detections/alerts/routing.html", context, status=422 if form.errors else 200)


def _act(request: HttpRequest, pk: int, act: Callable[..., Alert], done: str) -> HttpResponse:
    """Do it as the person who asks; of two at once the second gets a 409 with who was first."""
    assert isinstance(request.user, User)
    try:
        act(pk, request.user, clock.now(), seen=_seen(request.POST.get("version", "")))
    except Alert.DoesNotExist:
        raise Http404 from None
    except Conflict as conflict:
        messages.error(request, conflict.message)
        return _refresh(409) if is_htmx(request) else _show(request, _found(pk), status=409)
    messages.success(request, done)
    return _refresh(204) if is_htmx(request) else HttpResponseRedirect(_back(request, pk), status=303)


def _seen(version: str) -> int | None:
    """The revision that the page showed; what is none is one that no alert has, so that the page is looked at again."""
    if not version:
        return None
    return int(version) if version.isdecimal() and len(version) <= REVISION_DIGITS else NO_REVISION


def _refresh(status: int) -> HttpResponse:
    """To htmx: nothing to swap; whatever polled fragment the button stands in asks for itself, with the message."""
    return HttpResponse(status=status, headers={"HX-Trigger": "poll"})


def _back(request: HttpRequest, pk: int) -> str:
    """Where the button was, if that is a page of ours."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if safe and wanted else reverse("alert", args=[pk])


def _found(pk: int) -> Alert:
    found = queries.alerts().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _show(request: HttpRequest, found: Alert, *, status: int = 200) -> HttpResponse:
    now: datetime = clock.now()
    context: dict[str, Any] = pages.episode(found, request.user, now)
    context["crumbs"] = [("Alerts", reverse("alerts")), (str(found), None)]
    if is_htmx(request):
        return fragment(request, "detections/alerts/alert.html#episode", context, status=status)
    return render(request, "detections/alerts/alert.html", context, status=status)
