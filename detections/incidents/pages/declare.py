"""Declaring an incident: by hand, from alerts, from a group of alerts."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from detections.alerts.models import Alert
from detections.incidents.open_page import visitor_of, zone_of
from detections.incidents.pages.declare_form import DeclareForm
from detections.incidents.record.declare import declare
from detections.incidents.record.from_alerts import alerts_of, draft_from
from detections.incidents.record.write import IncidentInputError
from opsconsole.accounts import owners
from opsconsole.lib import clock
from opsconsole.lib.web.paging import MAX_PAGE_SIZE

DIGITS = 18


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("detections.add_incident", raise_exception=True)
def incident_new(request: HttpRequest) -> HttpResponse:
    """The form, and the incident that it declares. In the address `alert` and `row` are ids of alerts, `group` that of
    a group of alerts."""
    user, now = visitor_of(request), clock.now()
    alerts = _alerts(request)
    draft = draft_from(alerts, now)
    data = request.POST if request.method == "POST" else None
    form = DeclareForm(data, zone=zone_of(user), draft=draft, alerts=alerts, commander=user.get_username())
    if data is None or not form.is_valid():
        return _form(request, form, alerts)
    name = form.cleaned_data["commander"]
    commander = owners.find(name) if name else None
    if name and commander is None:
        form.add_error("commander", f"There is no owner and no person {name!r}.")
        return _form(request, form, alerts)
    try:
        incident = declare(form.draft_with(commander), now, by=user)
    except IncidentInputError as error:
        field, _, text = str(error).partition(": ")
        form.add_error(field if field in form.fields else None, text[:1].upper() + text[1:])
        return _form(request, form, alerts)
    messages.success(request, f"{incident.name} is declared.")
    return HttpResponseRedirect(reverse("incident", args=[incident.pk]), status=303)


def _alerts(request: HttpRequest) -> list[Alert]:
    """The alerts that the address names; unknown ones are passed over."""
    ids = [int(each) for each in (*request.GET.getlist("alert"), *request.GET.getlist("row")) if _is_id(each)]
    group = request.GET.get("group", "")
    if not ids and not _is_id(group):
        return []
    return alerts_of(ids[:MAX_PAGE_SIZE], group=int(group) if _is_id(group) else None)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


def _form(request: HttpRequest, form: DeclareForm, alerts: list[Alert]) -> HttpResponse:
    back = reverse("alert", args=[alerts[0].pk]) if len(alerts) == 1 else reverse("incident_list")
    context = {
        "form": form,
        "alerts": alerts,
        "back": back,
        "crumbs": [("Incidents", reverse("incident_list")), ("Declare", None)],
    }
    return render(request, "detections/incidents/declare.html", context, status=422 if form.errors else 200)
