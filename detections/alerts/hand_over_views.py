"""Handing an alert over, and calling others to it: the page with the choice, and the acts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from detections.alerts import queries
from detections.alerts.hand_over_form import HandOverForm
from detections.alerts.handling.hand_over import add_responder, hand_over, stop_responder
from detections.alerts.listing import MAY_ACT
from detections.alerts.models import Alert
from detections.alerts.views import perform
from opsconsole.accounts import owners
from opsconsole.accounts.models import Owner

UNTOLD = "Nobody could be told: no target is bound to {}."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The choice of an owner or a person, and the hand-over to it."""
    if request.method == "POST":
        return _about_owner(request, pk, hand_over, "Handed over to {}.", tells=True)
    return _choose(request, _get(pk), HandOverForm())


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_responder_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Call an owner or a person to the alert."""
    return _about_owner(request, pk, add_responder, "Asked {} for help.", tells=True)


@require_POST
@login_required
@permission_required(MAY_ACT, raise_exception=True)
def alert_responder_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Call an owner off."""
    return _about_owner(request, pk, stop_responder, "Called off {}.", tells=False)


def _about_owner(request: HttpRequest, pk: int, act: Callable[..., Alert], done: str, *, tells: bool) -> HttpResponse:
    """Carry out an act about the owner that the form names; 422 where it names none."""
    form = HandOverForm(request.POST)
    name = form.cleaned_data["to"] if form.is_valid() else ""
    to = owners.find(name) if name else None
    if to is None:
        if name:
            form.add_error("to", f"There is no owner and no person {name!r}.")
        return _choose(request, _get(pk), form, status=422)
    said = done.format(to)
    return perform(request, pk, partial(act, to=to), lambda alert: f"{said}{_untold(alert, to) if tells else ''}")


def _untold(alert: Alert, to: Owner) -> str:
    """What is missing where the act told nobody."""
    return f" {UNTOLD.format(to)}" if alert.changed and not alert.was_told else ""


def _choose(request: HttpRequest, alert: Alert, form: HandOverForm, *, status: int = 200) -> HttpResponse:
    crumbs = [("Alerts", reverse("alert_list")), (str(alert), reverse("alert", args=[alert.pk])), ("Hand over", None)]
    context = {"alert": alert, "is_open": alert.dedup_key is not None, "form": form.with_choices(), "crumbs": crumbs}
    return render(request, "detections/alerts/hand_over.html", context, status=status)


def _get(pk: int) -> Alert:
    alert = queries.alerts().filter(pk=pk).first()
    if alert is None:
        raise Http404
    return alert
