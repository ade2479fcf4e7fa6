"""Panels beside the form of a rule, and links that open it filled in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from detections.dashboard.rule_form import lookup, prefilled
from detections.dashboard.rule_form.told import RuleHead, who_is_told
from detections.rules.lifecycle.state import mode_now
from detections.rules.matching.routes import find_routes
from detections.rules.matching.unmatched import unmatched_in
from detections.rules.models import Rule
from detections.rules.rule_form.reading import spec_of_form
from detections.rules.rule_form.review import by_label
from detections.rules.silence_models import with_mutes
from detections.rules.views import MAY_EDIT
from detections.telemetry import queries
from detections.telemetry.issues import queries as issue_queries
from opsconsole.lib import clock
from opsconsole.lib.db.storable import storable
from opsconsole.lib.web.htmx import fragment, is_htmx

FOLDER = "detections/rule_form"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_routes(request: HttpRequest) -> HttpResponse:
    """The routes that what is typed selects, with counts; by fields of the address, or by a whole posted form."""
    posted = request.method == "POST"
    asked = lookup.asked(request.POST if posted else request.GET, only_these=not posted)
    if isinstance(asked, dict):
        return _panel(request, "_routes.html", {"errors": by_label(asked)}, "What it selects", status=422)
    now = clock.now()
    found = find_routes(asked.route, asked.selector, now)
    context = {"found": found, "notes": asked.notes, "unmatched": unmatched_in(asked.selector, now, asked.places)}
    return _panel(request, "_routes.html", context, "What it selects")


@require_POST
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_told(request: HttpRequest) -> HttpResponse:
    """Who would be told of the alerts of the posted rule, by severity; `rule` in the address names a saved one."""
    identifier = request.GET.get("rule", "") or request.POST.get("identifier", "")
    rule = _rule(identifier)
    spec = spec_of_form(request.POST, rule)
    if isinstance(spec, dict):
        return _panel(request, "_told.html", {"errors": by_label(spec)}, "Who is told", status=422)
    now = clock.now()
    head = RuleHead(identifier, mode_now(rule, now) if rule else "")
    return _panel(request, "_told.html", {"who": who_is_told(spec, head, now)}, "Who is told")


@require_safe
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_for_route(request: HttpRequest, pk: int) -> HttpResponse:
    """Opens the form of a new rule for a route."""
    series = get_object_or_404(queries.all_error_series().select_related("canonical"), pk=pk)
    if series.canonical_id is not None:
        series = get_object_or_404(queries.all_error_series(), pk=series.canonical_id)
    return _opened(request, prefilled.for_route(series, clock.now()))


@require_safe
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_for_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Opens the form of a new rule for events like those of an issue."""
    issue = get_object_or_404(issue_queries.issues(), pk=pk)
    return _opened(request, prefilled.for_issue(issue, clock.now()))


def _rule(identifier: str) -> Rule | None:
    if not storable(identifier):
        return None
    return with_mutes(Rule.objects.select_related("current")).filter(identifier=identifier).first()


def _opened(request: HttpRequest, filled: prefilled.FilledIn) -> HttpResponse:
    if request.method == "GET":
        messages.info(request, " ".join(filled.says))
    return HttpResponseRedirect(f"{reverse('rule_new')}?{filled.query}")


def _panel(request: HttpRequest, name: str, context: dict[str, Any], title: str, status: int = 200) -> HttpResponse:
    """The panel by itself for htmx; without JavaScript on a page of its own."""
    if is_htmx(request):
        return fragment(request, f"{FOLDER}/{name}", context, status=status)
    whole = {**context, "panel": f"{FOLDER}/{name}", "title": title, "crumbs": _crumbs(title)}
    return render(request, f"{FOLDER}/panel.html", whole, status=status)


def _crumbs(title: str) -> list[tuple[str, str | None]]:
    return [("Rules", reverse("rule_list")), (title, None)]
