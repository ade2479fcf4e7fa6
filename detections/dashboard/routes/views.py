"""The list of routes and the page of one."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.dashboard import filters as filtering
from detections.dashboard import snippets
from detections.dashboard.routes import board, page
from detections.dashboard.routes.burning import alerts_by_series, burning_since
from detections.dashboard.routes.covering_rules import (
    CoveringRule,
    RulesByEnvironment,
    matching_rules,
    places_of,
    primary_rule,
    with_baselines,
)
from detections.dashboard.routes.listing import ROUTES, RouteErrors, RouteFilterForm
from detections.telemetry import queries
from detections.telemetry.models import Project, Series
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists.answer import Options, answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty


@require_safe
@login_required
def route_list(request: HttpRequest) -> HttpResponse:
    """Routes that failed in the range, those that burn now first."""
    listing = ListQuery(ROUTES, request)
    assert isinstance(listing.filters, RouteFilterForm)
    listing.filters.remark_on_search()
    filters, wanted = listing.filters.filters, listing.filters.search.condition
    listing.labels["Course"] = filters.range.words.capitalize()
    projects = queries.projects()
    now = clock.now()
    start, end = filters.range.window(now)
    failing = board.counted(filters, projects, start, end, wanted)
    covering = _covering([series for series, _ in failing], now)
    alerts = alerts_by_series(covering)
    routes = [RouteErrors(series, total, alerts.get(series.pk)) for series, total in failing]
    page = listing.page(routes)
    rules = with_baselines([row.series for row in page.rows], covering, now)
    pairs = [(row.series, row.total) for row in page.rows]
    drawn = board.rows(pairs, start, end, filters.range.spark, filters.range.words, burning_since(alerts, covering))
    context = context_of(
        listing,
        page,
        _no_routes,
        rows=[(row, primary_rule(rules[row.series.pk]), alerts.get(row.series.pk)) for row in drawn],
        filters=filters,
        total=sum(row.total for row in routes),
        burning=sum(row.alert is not None for row in routes),
    )
    return answer(request, context, lambda: _options(projects), lambda: {"ranges": filters.range_choices(request.GET)})


def _covering(series: list[Series], now: datetime) -> dict[int, list[CoveringRule]]:
    """The rules that cover each, without baselines, which are read of the page's rows alone."""
    return matching_rules(series, RulesByEnvironment.read(now), places_of(series))


@require_safe
@login_required
def route(request: HttpRequest, pk: int) -> HttpResponse:
    """One route in one environment; the page of a series that is read as another one is that of the other."""
    series = get_object_or_404(queries.all_error_series(), pk=pk)
    if series.canonical_id is not None:
        return redirect(f"{reverse('route', args=[series.canonical_id])}?{request.GET.urlencode()}".rstrip("?"))
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


def _no_routes() -> Empty:
    """The empty state of the list: what to do, with a snippet while nothing was ever received."""
    if code := snippets.first_event():
        return Empty(
            "No routes yet: nothing was ever received",
            "Put this where your application starts; each route that reports an error appears here within seconds.",
            icon="route",
            code=code,
            code_id="first-event",
            code_label="Python snippet with the DSN",
        )
    return Empty(
        "No errors in this time",
        "Routes appear here as soon as a project reports an error. Choose a longer time to see earlier ones.",
        icon="route",
        action_label="The last 90 days",
        action_url="?range=90d",
    )


def _options(projects: list[Project]) -> Options:
    return {
        "project": {each.slug: each.name for each in projects},
        "environment": {name: name for name in queries.environment_names()},
    }
