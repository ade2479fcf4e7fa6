"""Declaring an incident: by hand, from alerts, from a group of alerts."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from detections.alerts.models import Alert
from detections.incidents.models import Incident
from detections.incidents.open_page import visitor_of, zone_of
from detections.incidents.pages.declare_form import DeclareForm
from detections.incidents.record.declare import declare, with_alerts
from detections.incidents.record.from_alerts import alerts_of, draft_from
from detections.incidents.record.write import IncidentConflict, IncidentInputError
from opsconsole.accounts import owners
from opsconsole.accounts.models import Owner, User
from opsconsole.lib import clock
from opsconsole.lib.web.paging import MAX_PAGE_SIZE

DIGITS = 18


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required("detections.add_incident", raise_exception=True)
def incident_new(request: HttpRequest) -> HttpResponse:
    """The form, and the incident that it declares. In the address `alert` and `row` are ids of alerts, `group` that of
    a group of alerts. Whose alerts are in an incident is told so, and asked whether another is wanted."""
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
    return _declare(request, form, alerts, commander)


def _declare(request: HttpRequest, form: DeclareForm, alerts: list[Alert], commander: Owner | None) -> HttpResponse:
    user = visitor_of(request)
    try:
        incident = declare(form.draft_with(commander), clock.now(), by=user)
    except IncidentInputError as error:
        field, _, text = str(error).partition(": ")
        form.add_error(field if field in form.fields else None, text[:1].upper() + text[1:])
        return _form(request, form, alerts)
    except IncidentConflict as conflict:
        messages.error(request, conflict.message)
        return _form(request, form, alerts, status=409)
    if not incident.changed and incident.title != " ".join(form.cleaned_data["title"].split()):
        return _second(request, form, alerts, incident)
    messages.success(request, _said(incident, commander, user) if incident.changed else f"{incident.name} is declared.")
    return HttpResponseRedirect(reverse("incident", args=[incident.pk]), status=303)


def _said(incident: Incident, commander: Owner | None, user: User) -> str:
    """That it is declared, and whether its commander knows."""
    if commander is None or commander.user_id == user.pk or incident.was_told:
        return f"{incident.name} is declared."
    return f"{incident.name} is declared. {commander} was not told: no target is bound to them."


def _second(request: HttpRequest, form: DeclareForm, alerts: list[Alert], first: Incident) -> HttpResponse:
    """The form again, with a key of its own: it has declared an incident, and came back with another title."""
    messages.error(request, f"This form has declared {first} already. Declare again what is a second incident.")
    data = request.POST.copy()
    data["key"] = str(uuid4())
    form.data = data
    return _form(request, form, alerts, status=409)


def _alerts(request: HttpRequest) -> list[Alert]:
    """The alerts that the address names, and those that the form was filled in with, which may have left the group
    meanwhile; unknown ones are passed over."""
    sent = (*request.POST.getlist("alerts"), *request.GET.getlist("alert"), *request.GET.getlist("row"))
    ids = [int(each) for each in sent if _is_id(each)]
    group = request.GET.get("group", "")
    if not ids and not _is_id(group):
        return []
    return alerts_of(ids[:MAX_PAGE_SIZE], group=int(group) if _is_id(group) else None)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


def _form(request: HttpRequest, form: DeclareForm, alerts: list[Alert], *, status: int = 200) -> HttpResponse:
    back = reverse("alert", args=[alerts[0].pk]) if len(alerts) == 1 else reverse("incident_list")
    context = {
        "form": form,
        "alerts": alerts,
        "already": with_alerts([alert.pk for alert in alerts]),
        "back": back,
        "crumbs": [("Incidents", reverse("incident_list")), ("Declare", None)],
    }
    return render(request, "detections/incidents/declare.html", context, status=422 if form.errors else status)
