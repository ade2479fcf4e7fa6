"""The inbox, one alert, what people do about it, and the routing to try out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections.alerts import queries
from detections.alerts.filters import Filters
from detections.alerts.forms import TryRoutingForm
from detections.alerts.handling.acknowledge import Conflict, acknowledge
from detections.alerts.handling.resolve import resolve
from detections.alerts.listing import ACKNOWLEDGE, ALERTS, MAY_ACT
from detections.alerts.models import Alert
from detections.alerts.pages import alert_page as pages
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists import bulk
from opsconsole.lib.web.lists.answer import Options, answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty
from opsconsole.lib.web.redirects import next_url

REVISION_DIGITS, NO_REVISION = 10, -1


@require_safe
@login_required
def alerts(request: HttpRequest) -> HttpResponse:
    """The list of alerts; its filters are its address."""
    listing = ListQuery(ALERTS, request)
    page = listing.page(queries.with_acknowledgment(Filters(**listing.chosen)))
    context = context_of(listing, page, _nothing_fires, may_act=request.user.has_perm(MAY_ACT))
    return answer(request, context, _options)


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alerts_bulk(request: HttpRequest) -> HttpResponse:
    """Take several alerts in hand; each is refused by itself where it changed or somebody was first."""

    def take(row: bulk.ChosenRow) -> None:
        assert isinstance(request.user, User)
        try:
            acknowledge(row.pk, request.user, clock.now(), seen=_seen(row.seen))
        except Conflict as conflict:
            raise bulk.RowRefusedError(conflict.message) from None

    return bulk.perform(request, ALERTS, {ACKNOWLEDGE: take}, queries.names)


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
    return (
        _refresh(204)
        if is_htmx(request)
        else HttpResponseRedirect(next_url(request, reverse("alert", args=[pk])), status=303)
    )


def _seen(version: str) -> int | None:
    """The revision that the page showed; what is none is one that no alert has, so that the page is looked at again."""
    if not version:
        return None
    return int(version) if version.isdecimal() and len(version) <= REVISION_DIGITS else NO_REVISION


def _refresh(status: int) -> HttpResponse:
    """To htmx: nothing to swap; whatever polled fragment the button stands in asks for itself, with the message."""
    return HttpResponse(status=status, headers={"HX-Trigger": "poll"})


def _nothing_fires() -> Empty:
    return Empty(
        "Nothing fires",
        pages.judging(clock.now()),
        icon="check",
        action_label="Which rules, and what they wait for",
        action_url=reverse("rule_list"),
    )


def _options() -> Options:
    return {
        "rule": {rule: rule for rule in queries.rules_with_alerts()},
        "project": {project.slug: project.name for project in queries.projects_with_alerts()},
    }


def _found(pk: int) -> Alert:
    found = queries.alerts().filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _show(request: HttpRequest, found: Alert, *, status: int = 200) -> HttpResponse:
    now: datetime = clock.now()
    context: dict[str, Any] = pages.episode(found, request.user, now)
    context["crumbs"] = [("Alerts", reverse("alert_list")), (str(found), None)]
    if is_htmx(request):
        return fragment(request, "detections/alerts/alert.html#episode", context, status=status)
    return render(request, "detections/alerts/alert.html", context, status=status)
