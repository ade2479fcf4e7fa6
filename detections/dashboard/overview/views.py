"""The overview and the banner on every page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.alerts.listing import MAY_ACT
from detections.dashboard.console_health import measure
from detections.dashboard.overview import page
from detections.dashboard.overview.health_checks import REDIS_AWAY
from opsconsole.lib import clock, redis
from opsconsole.lib.web.htmx import fragment, is_htmx

NOBODY_IS_TOLD = "Nobody is told of alerts: they only stand on these pages, as no policy leads to a connected target."


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The overview."""
    context = {
        "overview": page.overview(clock.now()),
        "may_act": request.user.has_perm(MAY_ACT),
        "here": request.get_full_path(),
    }
    if is_htmx(request):
        return fragment(request, "detections/dashboard/overview.html#live", context)
    return render(request, "detections/dashboard/overview.html", context)


@require_safe
@login_required
def banner(request: HttpRequest) -> HttpResponse:
    """The banner on every page: what the console is behind with, and whether nobody is told of alerts; empty
    otherwise."""
    health = measure(clock.now())
    banners = [("critical", f"This console is behind: {why}.", "", "") for why in health.reasons()]
    if not health.connected_targets:
        may_connect = request.user.is_staff and request.user.has_perm("detections.add_target")
        link = (reverse("admin:detections_target_add"), "Connect Slack or a webhook") if may_connect else ("", "")
        banners.append(("medium", NOBODY_IS_TOLD, *link))
    if not redis.answers():
        banners.insert(0, ("critical", f"Redis {REDIS_AWAY}.", "", ""))
    return fragment(request, "components/banner.html", {"banners": banners})
