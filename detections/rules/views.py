"""The list of rules, one rule, and the runs of its fixtures. `edit_views` writes rules, `act_views` acts on them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from detections.rules import listing, page, queries
from detections.rules.active_rules import LoadedRule
from detections.rules.evaluation.fixtures import validate
from opsconsole.accounts.models import User
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty

MAY_EDIT = "detections.change_rule"
NO_RULES = Empty(
    "No rules yet",
    "Load the shipped ones, or write one.",
    icon="rule",
    code="bin/manage rules load",
    code_id="load-rules",
)


@require_safe
@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """The list of rules; filters are in the address."""
    query = ListQuery(listing.RULES, request)
    every = queries.catalogue(clock.now())
    shown = query.page(listing.matching(every, query.filters))
    context = context_of(query, shown, lambda: NO_RULES, groups=listing.groups(query, shown.rows))
    whole = {"may_edit": request.user.has_perm(MAY_EDIT)}
    return answer(request, context, lambda: listing.options(every), lambda: whole)


@require_safe
@login_required
def rule(request: HttpRequest, identifier: str) -> HttpResponse:
    """The page of a rule."""
    in_force = _get(identifier)
    context = page.context(in_force, clock.now())
    context["may_edit"] = request.user.has_perm(MAY_EDIT)
    if is_htmx(request):
        return fragment(request, "detections/rules/rule.html#live", context)
    context["crumbs"] = [("Rules", reverse("rule_list")), (identifier, None)]
    return render(request, "detections/rules/rule.html", context)


@require_POST
@login_required
@permission_required(MAY_EDIT, raise_exception=True)
def rule_fixtures(request: HttpRequest, identifier: str) -> HttpResponse:
    """Run the fixtures of the current version."""
    in_force = _get(identifier)
    run = validate(in_force.version, clock.now(), _user(request))
    if run.passed:
        messages.success(request, f"All {len(run.results)} fixtures passed: version validated.")
    elif not run.results:
        messages.error(request, "This version has no fixtures, so nothing could be validated.")
    else:
        failed = [result["name"] for result in run.results if not result["passed"]]
        messages.error(request, f"Not validated; failed: {', '.join(failed)}.")
    return _back(identifier, "#fixtures")


def _get(identifier: str) -> LoadedRule:
    rules = queries.known_rules([identifier])
    if not rules:
        raise Http404
    return rules[0]


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _back(identifier: str, anchor: str = "") -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("rule", args=[identifier]) + anchor, status=303)
