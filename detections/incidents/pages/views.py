"""The list of incidents and the page of one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.incidents.open_page import open_page
from detections.incidents.pages import page, queries
from detections.incidents.pages.listing import INCIDENTS
from opsconsole.lib import clock
from opsconsole.lib.web.htmx import fragment, is_htmx
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty


@require_safe
@login_required
def incidents(request: HttpRequest) -> HttpResponse:
    """The list; its filters are its address."""
    now = clock.now()
    listing = ListQuery(INCIDENTS, request)
    shown = listing.page(queries.matching(listing.chosen, now))
    counts = queries.count_alerts(shown.rows)
    rows = [(row, counts.get(row.pk, 0)) for row in shown.rows]
    context = context_of(listing, shown, lambda: _none(request), rows=rows, now=now)
    return answer(request, context, queries.options)


@require_safe
@login_required
def incident(request: HttpRequest, pk: int) -> HttpResponse:
    """The record: who has it, what happened, what is to be done."""
    return show(request, pk)


def show(
    request: HttpRequest, pk: int, *, status: int = 200, typed: Mapping[str, QueryDict] = MappingProxyType({})
) -> HttpResponse:
    """The page of an incident; to htmx its head, which polls. `typed`: by the URL name of an act that was refused what
    its form had, which stays in it."""
    opened = open_page(request, pk)
    if is_htmx(request):
        return fragment(request, "detections/incidents/_head.html", page.head(opened) | {"typed": typed}, status=status)
    context = page.context(opened) | {"typed": typed}
    return render(request, "detections/incidents/incident.html", context, status=status)


def _none(request: HttpRequest) -> Empty:
    may = request.user.has_perm("detections.add_incident")
    return Empty(
        "No incident is open",
        "Declare one from an alert by the key i, or by hand."
        if may
        else "One is declared from an alert, or by hand, by who may do so.",
        icon="check",
        action_label="Declare an incident" if may else "All incidents, closed ones too",
        action_url=reverse("incident_new") if may else f"{reverse('incident_list')}?status=any",
    )
