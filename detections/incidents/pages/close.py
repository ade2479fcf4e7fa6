"""Closing an incident: what its alerts were, what baselines leave out, and why there is no postmortem."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from detections.alerts.models import Alert
from detections.incidents.incident_page import IncidentPage
from detections.incidents.models import WHY_LENGTH
from detections.incidents.open_page import crumbs_to, open_page
from detections.incidents.pages.act import seen, sentence
from detections.incidents.record.close import (
    MAY_JUDGE,
    MAY_LEAVE_OUT,
    AlertJudgment,
    Closing,
    affected_places,
    close,
    interval,
    lacks_postmortem,
    to_judge,
)
from detections.incidents.record.write import IncidentConflict, IncidentInputError

MAY_CLOSE = "detections.close_incident"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_CLOSE, raise_exception=True)
def incident_close(request: HttpRequest, pk: int) -> HttpResponse:
    """The questions, and the act. What was chosen stays where something is missing."""
    page = open_page(request, pk)
    alerts = list(to_judge(page.incident)) if page.user.has_perm(MAY_JUDGE) else []
    if request.method != "POST":
        return _ask(request, page, alerts)
    try:
        closed = close(pk, _closing(request, alerts), page.now, by=page.user, seen=seen(request))
    except IncidentInputError as error:
        messages.error(request, f"Not closed. {sentence(error)}")
        return _ask(request, page, alerts, status=422)
    except IncidentConflict as conflict:
        messages.error(request, conflict.message)
        return _ask(request, open_page(request, pk), alerts, status=409)
    messages.success(request, f"{closed.name} is closed." if closed.changed else "It was closed already.")
    return HttpResponseRedirect(reverse("incident", args=[pk]), status=303)


def _closing(request: HttpRequest, alerts: Sequence[Alert]) -> Closing:
    """One choice for all, which that of an alert replaces."""
    post = request.POST
    all_were, why_all = post.get("disposition", ""), post.get("disposition_why", "")
    judgments = {}
    for alert in alerts:
        own, why = post.get(f"disposition-{alert.pk}", ""), post.get(f"why-{alert.pk}", "").strip()
        judgments[alert.pk] = AlertJudgment(own or all_were, why or ("" if own else why_all))
    return Closing(judgments, leave_out=bool(post.get("leave_out")), why=post.get("why", ""))


def _ask(request: HttpRequest, page: IncidentPage, alerts: Sequence[Alert], *, status: int = 200) -> HttpResponse:
    incident, post = page.incident, request.POST
    rows: list[tuple[Alert, str, str]] = [
        (alert, post.get(f"disposition-{alert.pk}", ""), post.get(f"why-{alert.pk}", "")) for alert in alerts
    ]
    may_leave_out = page.user.has_perm(MAY_LEAVE_OUT)
    context: dict[str, Any] = {
        "incident": incident,
        "alerts": rows,
        "chosen": post.get("disposition", ""),
        "disposition_why": post.get("disposition_why", ""),
        "why": post.get("why", ""),
        "why_length": WHY_LENGTH,
        "leave_out": bool(post.get("leave_out")),
        "dispositions": Alert.Disposition.choices,
        "interval": interval(incident) if may_leave_out else None,
        "places": affected_places(incident) if may_leave_out else (),
        "lacks_postmortem": incident.is_over and lacks_postmortem(incident),
        "not_over": incident.alert_links.filter(removed_at__isnull=True, alert__dedup_key__isnull=False).count(),
        "closed": incident.status == incident.Status.CLOSED,
        "crumbs": [*crumbs_to(incident), ("Close", None)],
    }
    return render(request, "detections/incidents/close.html", context, status=status)
