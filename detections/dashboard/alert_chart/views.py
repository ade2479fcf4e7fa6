"""The chart of an alert: a fragment of its page, and a page of its own where scripts are off."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.alerts.queries import alerts
from detections.dashboard.alert_chart.chart import alert_chart_view
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx


@require_safe
@login_required
def alert_chart(request: HttpRequest, pk: int) -> HttpResponse:
    """The chart from half an hour before the alert opened to at most an hour after it."""
    alert = get_object_or_404(alerts(), pk=pk)
    context: dict[str, object] = {"alert": alert, "chart": alert_chart_view(alert, clock.now())}
    if is_htmx(request):
        return fragment(request, "detections/dashboard/alert_chart.html#chart", context)
    context["crumbs"] = [
        ("Alerts", reverse("alert_list")),
        (str(alert), reverse("alert", args=[alert.pk])),
        ("Chart", None),
    ]
    return render(request, "detections/dashboard/alert_chart.html", context)
