"""The list of routes and the page of one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.dashboard import filters as filtering
from detections.dashboard import snippets
from detections.dashboard.routes import board, page
from detections.dashboard.routes.covering_rules import covering, in_charge
from detections.telemetry import queries
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx

PER_PAGE = 50  # a screen and a half of rows; 50 drawings are 60 KB


@require_safe
@login_required
def route_list(request: HttpRequest) -> HttpResponse:
    """Routes that failed in the range, most errors first."""
    filters = filtering.from_query(request.GET, "24h")
    projects = queries.projects()
    now = clock.now()
    start, end = filters.range.window(now)
    found = board.counted(filters, projects, start, end)
    shown = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    rows = board.rows(list(shown), start, end, filters.range.spark, filters.range.words)
    over = covering([row.series for row in rows], now)
    context = {
        "filters": filters,
        "projects": projects,
        "environments": queries.environment_names(),
        "ranges": filters.range_choices(request.GET),
        "page": shown,
        "rows": [(row, in_charge(over[row.series.pk])) for row in rows],
        "total": sum(n for _, n in found),
    }
    if not found:
        context["snippet"] = snippets.first_event()
    if is_htmx(request):
        return fragment(request, "detections/dashboard/route_list.html#rows", context)
    return render(request, "detections/dashboard/route_list.html", context)


@require_safe
@login_required
def route(request: HttpRequest, pk: int) -> HttpResponse:
    """One route in one environment."""
    series = get_object_or_404(queries.error_series(), pk=pk)
    filters = filtering.from_query(request.GET)
    plain = request.GET.get("view") == "plain"
    context = {
        "route": page.route_page(series, filters.range, clock.now(), plain=plain),
        "plain": plain,
        "filters": filters,
        "ranges": filters.range_choices(request.GET),
        "crumbs": [("Routes", reverse("route_list")), (series.label, None)],
        "bucket": page.bucket_words(filters.range.step),
    }
    if is_htmx(request):
        return fragment(request, "detections/dashboard/route.html#live", context)
    return render(request, "detections/dashboard/route.html", context)
