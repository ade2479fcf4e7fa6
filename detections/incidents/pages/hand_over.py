"""Handing the command of an incident over."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from detections.alerts.hand_over_form import HandOverForm
from detections.incidents.open_page import crumbs_to, open_page, visitor_of
from detections.incidents.pages.act import perform
from detections.incidents.pages.acts import COMMAND, MAY_COMMAND, told
from detections.incidents.record.command import hand_over
from opsconsole.accounts import owners
from opsconsole.lib import clock


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_COMMAND, raise_exception=True)
def incident_hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """The choice of an owner or a person, and the hand-over to it."""
    if request.method != "POST":
        return _choose(request, pk, HandOverForm())
    form, user, now = HandOverForm(request.POST), visitor_of(request), clock.now()
    name = form.cleaned_data["to"] if form.is_valid() else ""
    to = owners.find(name) if name else None
    if to is None:
        if name:
            form.add_error("to", f"There is no owner and no person {name!r}.")
        return _choose(request, pk, form, status=422)
    return perform(
        request,
        pk,
        lambda seen: hand_over(pk, to, now, by=user, seen=seen),
        lambda incident: f"{to} commands {incident.name}. {told(incident)}",
        permission=COMMAND,
        refused=lambda status: _choose(request, pk, form, status=status),
    )


def _choose(request: HttpRequest, pk: int, form: HandOverForm, *, status: int = 200) -> HttpResponse:
    page = open_page(request, pk)
    if not page.may(COMMAND):
        raise PermissionDenied
    crumbs = [*crumbs_to(page.incident), ("Hand over", None)]
    context = {"incident": page.incident, "form": form.with_choices(MAY_COMMAND), "crumbs": crumbs}
    return render(request, "detections/incidents/hand_over.html", context, status=status)
