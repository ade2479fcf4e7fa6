"""The incidents of an alert: a part of its page with an address of its own, as alerts do not know of incidents."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections.alerts.models import Alert
from detections.alerts.queries import alerts
from detections.incidents.models import Incident, IncidentAlert
from detections.incidents.open_page import visitor_of
from detections.incidents.pages.act import perform
from detections.incidents.pages.acts import CHANGE, MAY_CHANGE
from detections.incidents.record.links import add_alerts
from detections.incidents.record.status import CURRENT
from detections.incidents.similar.seen_before import of_alert
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx

OFFERED = 20  # current incidents to put the alert into, the newest first
PANEL = "detections/incidents/_of_alert.html"


@require_safe
@login_required
def alert_incidents(request: HttpRequest, pk: int) -> HttpResponse:
    """The incidents that the alert is in, those that it can be put into, and those seen before."""
    alert = alerts().filter(pk=pk).first()
    if alert is None:
        raise Http404
    context = _context(request, alert)
    if is_htmx(request):
        return fragment(request, PANEL, context)
    crumbs = [("Alerts", reverse("alert_list")), (str(alert), reverse("alert", args=[pk])), ("Incidents", None)]
    return render(request, "detections/incidents/of_alert.html", {**context, "crumbs": crumbs})


@require_POST
@login_required
@permission_required(MAY_CHANGE, raise_exception=True)
def alert_incident_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the alert into the incident that the form names, which is shown then."""
    number = request.POST.get("incident", "")
    incident = int(number) if number.isascii() and number.isdigit() and len(number) <= 18 else 0
    user, now = visitor_of(request), clock.now()
    done = "The alert is added."
    return perform(request, incident, lambda _: add_alerts(incident, [pk], now, by=user), done, permission=CHANGE)


def _context(request: HttpRequest, alert: Alert) -> dict[str, object]:
    """Two queries, and those of what was seen before."""
    user = visitor_of(request)
    links = IncidentAlert.objects.filter(alert=alert, removed_at__isnull=True).select_related("incident__commander")
    mine = [link.incident for link in links.order_by("-incident_id")]
    may_add = user.has_perm(MAY_CHANGE)
    current = Incident.objects.filter(status__in=CURRENT).exclude(pk__in=[each.pk for each in mine])
    return {
        "alert": alert,
        "incidents": mine,
        "offered": list(current.order_by("-declared_at", "-pk")[:OFFERED]) if may_add else [],
        "seen_before": of_alert(alert),
        "may_declare": user.has_perm("detections.add_incident"),
    }
