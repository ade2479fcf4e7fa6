"""The list of daily summaries, and one of them."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from detections.alerts.summary.listing import SUMMARIES
from detections.alerts.summary.page import context, due, summaries
from opsconsole.lib.web.lists.answer import answer, context_of
from opsconsole.lib.web.lists.query import ListQuery
from opsconsole.lib.web.lists.spec import Empty


@require_safe
@login_required
def summary_list(request: HttpRequest) -> HttpResponse:
    """The daily summaries, newest first."""
    listing = ListQuery(SUMMARIES, request)
    whole = {"crumbs": [("Alerts", reverse("alert_list")), ("Daily summaries", None)], "due": due()}
    return answer(request, context_of(listing, listing.page(summaries()), _none_yet), dict, lambda: whole)


@require_safe
@login_required
def summary(request: HttpRequest, day: str) -> HttpResponse:
    """One daily summary, as it was sent."""
    shown = summaries().filter(day=_date(day)).first()
    if shown is None:
        raise Http404
    crumbs = [("Alerts", reverse("alert_list")), ("Daily summaries", reverse("summary_list")), (day, None)]
    return render(request, "detections/alerts/summary/summary.html", {**context(shown), "crumbs": crumbs})


def _date(day: str) -> date:
    try:
        found = date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    if found.isoformat() != day:  # one address for a page
        raise Http404
    return found


def _none_yet() -> Empty:
    return Empty("None yet", f"One is made each day at {due()}.", icon="bell")
