"""From an incident that a runbook tells of to its record."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_safe

from detections.incidents.models import Incident


@require_safe
@login_required
def of_runbook(request: HttpRequest, pk: int) -> HttpResponse:
    """To the record of the text `pk` (IncidentText); 404 until it has one, which is some seconds after an import."""
    return redirect("incident", get_object_or_404(Incident, source=pk).pk)
