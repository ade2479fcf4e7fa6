"""The scorecard as a page and as CSV."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from bootstrap.checklists.runs import open_run
from bootstrap.scorecard import queries
from bootstrap.scorecard.cells import Moment, ScorecardCell, moment_of, read_cells, with_first_open
from bootstrap.scorecard.csv_rows import HEADER, csv_rows
from bootstrap.scorecard.listing import SCORECARD, SystemCard, cards_of, day_of, matches, no_systems
from bootstrap.systems.environment_names import folded
from bootstrap.systems.models import Environment
from opsconsole.lib import clock
from opsconsole.lib.web.lists.answer import context_of
from opsconsole.lib.web.lists.query import ListQuery


@require_safe
@login_required
def scorecard(request: HttpRequest) -> HttpResponse:
    """How far each environment is with each checklist of its system."""
    listing = ListQuery(SCORECARD, request)
    cells, moment = _cells(listing.chosen)
    page = listing.page(cards_of(cells, listing.chosen))
    context = {
        **context_of(listing, page, no_systems, rows=_with_links(page.rows, moment)),
        "shown": sum(len(card.cells) for card in page.rows),
        "moment": moment,
        "may_start": not moment.past and request.user.has_perm(open_run.PERMISSION),
        "csv": f"{reverse('scorecard_csv')}?{request.GET.urlencode()}",
        "crumbs": [("Checklists", reverse("checklist_list")), ("Scorecard", None)],
    }
    listing.offer(_options(listing.chosen["environment"]))
    return render(request, SCORECARD.template, context)


@require_safe
@login_required
def scorecard_csv(request: HttpRequest) -> HttpResponse:
    """All cells that the filters leave in, one row each."""
    listing = ListQuery(SCORECARD, request)
    cells, moment = _cells(listing.chosen)
    shown = with_first_open([cell for cell in cells if matches(cell, listing.chosen)], moment)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="scorecard-{moment.today}.csv"'
    writer = csv.writer(response)
    writer.writerow(HEADER)
    writer.writerows(csv_rows(shown, settings.PUBLIC_URL))
    return response


def _cells(chosen: dict[str, Any]) -> tuple[list[ScorecardCell], Moment]:
    now = clock.now()
    moment = moment_of(day_of(chosen["on"]), now)
    wanted = queries.Chosen(chosen["system"], chosen["environment"], chosen["kind"])
    return read_cells(list(queries.environments(wanted)), queries.versions(wanted), moment, now), moment


def _with_links(cards: list[SystemCard], moment: Moment) -> list[SystemCard]:
    """The cards of the page with the first open item of each run."""
    cells = iter(with_first_open([cell for card in cards for cell in card.cells], moment))
    return [SystemCard(card.system, tuple(next(cells) for _ in card.cells)) for card in cards]


def _options(asked: str) -> dict[str, dict[str, str]]:
    """What can be chosen; `asked` is the chosen environment, which may be an alias."""
    places = list(Environment.objects.select_related("system").order_by("system__slug", "slug"))
    by_alias = {asked: asked} if any(folded(asked) in place.names for place in places) else {}
    return {
        "system": {place.system.slug: place.system.name for place in places},
        "environment": {slug: slug for slug in sorted(place.slug for place in places)} | by_alias,
        "below": queries.level_names(queries.versions(queries.Chosen())),
    }
