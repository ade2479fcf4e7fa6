"""The list of incidents and the page of one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from detections.incidents.actions import page_part as actions
from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import Incident
from detections.incidents.postmortem import page_part as postmortem
from detections.incidents.similar import page_part as similar
from detections.incidents.timeline import page_part as timeline
from detections.incidents.updates import page_part as updates
from opsconsole.accounts.models import User
from opsconsole.lib import clock

# In the order of the page.
PARTS = (updates, timeline, actions, postmortem, similar)


@require_safe
@login_required
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """The record: who has it, what happened, what is to be done."""
    assert isinstance(request.user, User)
    found = get_object_or_404(Incident.objects.select_related("commander", "bug_class", "source"), pk=pk)
    page = IncidentPage(found, request.user, clock.now(), ZoneInfo(request.user.time_zone), request.GET)
    context = {"incident": found, "page": page}
    for part in PARTS:
        context |= part.context(page)
    return render(request, "detections/incidents/incident.html", context)
