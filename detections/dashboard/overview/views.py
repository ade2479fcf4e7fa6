"""The overview and the banner on every page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from detections.alerts.listing import MAY_ACT
from detections.alerts.silences.row import hidden_now
from detections.dashboard.console_health import measure
from detections.dashboard.overview import health_checks, page
from detections.dashboard.overview.banners import banners
from opsconsole.lib import clock, redis
from opsconsole.lib.clock import floor_minute
from opsconsole.lib.db.snapshot import snapshot
from opsconsole.lib.web.htmx import fragment, is_htmx, same_facts, stamp_of


@require_safe
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """The overview."""
    now = clock.now()
    if not is_htmx(request):
        return render(request, "detections/dashboard/overview.html", _context(request, now))
    facts = _facts(request, now)
    return same_facts(request, facts) or fragment(
        request, "detections/dashboard/overview.html#live", _context(request, now), facts=facts
    )


def _context(request: HttpRequest, now: datetime) -> dict[str, Any]:
    return {
        "overview": page.overview(now),
        "hidden": hidden_now(now),
        "may_act": request.user.has_perm(MAY_ACT),
        "here": request.get_full_path(),
    }


def _facts(request: HttpRequest, now: datetime) -> str:
    """All that the page depends on: every row, who looks, the minute, and what waits for how long. Two statements.

    What time alone changes within a minute, as the end of a mute, is seen in the next.
    """
    waiting = health_checks.checks(measure(now), 0, redis.answers())
    return stamp_of(snapshot(), floor_minute(now), request.user.pk, request.get_full_path(), waiting)


@require_safe
@login_required
def banner(request: HttpRequest) -> HttpResponse:
    """The banner on every page: what the console is behind with, which targets and sources fail, and whether nobody is
    told of alerts; empty otherwise."""
    shown = banners(measure(clock.now()), request.user, redis_answers=redis.answers())
    return fragment(request, "components/banner.html", {"banners": shown})
