"""The scorecard over the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema

from bootstrap.checklists.models import ChecklistVersion
from bootstrap.scorecard import queries
from bootstrap.scorecard.cells import ScorecardCell, moment_of, read_cells, with_first_open
from bootstrap.scorecard.listing import day_of
from bootstrap.systems.models import System
from opsconsole.lib import clock
from opsconsole.lib.lookup import NotFound, find
from opsconsole.lib.web.api_schemas import Page, Paged, Problem, Text
from opsconsole.lib.web.paging import page
from opsconsole.lib.web.problem import ProblemError, unknown_as_problem

scorecard = Router(tags=["scorecard"])


class ContradictedOut(Schema):
    """A signed item that a fresh report contradicts: it counts as open."""

    key: str
    why: str


class StandingOut(Schema):
    """How far an environment is with a checklist: its newest run, open or closed."""

    checklist: str = Field(description="Slug.")
    title: str
    kind: str
    standing: str = Field(description="In words: `Full, with 2 waivers`, `below Basic`, `ready`, `no run`.")
    levels: list[str] = Field(description="Of the run's version, lowest first; empty for a checklist without levels.")
    level: str = Field(description="The highest one reached; empty for none.")
    next_level: str
    missing_for_next: int = Field(description="Open items for the next level; without levels, for all of it.")
    ready: bool = Field(description="Every item is settled.")
    settled: int = Field(description="Done or waived.")
    applicable: int
    not_applicable: int
    optional_open: int
    waived: int
    lapsed_waivers: int
    contradicted: list[ContradictedOut] | None = Field(description="Null for a past day, of which none is known.")
    overdue: int = Field(
        description="What is overdue: items, and the run as a whole; 0 for a past day, of which none is known."
    )
    last_act_at: datetime | None
    run: int | None = Field(description="Id of the run; null without one.")
    version: int | None
    url: str | None = Field(description="The run at its first item that is not settled.")


class EnvironmentStandingOut(Schema):
    """An environment with each checklist of its system."""

    environment: str = Field(description="system/environment.")
    checklists: list[StandingOut]


class ScorecardFilters(Paged):
    """A name that is not there is refused, with those that are spelt like it."""

    system: Text = Field("", description="Slug.")
    environment: Text = Field("", description="Slug or alias.")
    kind: Literal["", "bootstrap", "go_live", "review", "operations"] = Field("", description="Empty: all but reviews.")
    below: Text = Field("", description="A level: only checklists that have it, where it is not reached.")
    on: Text = Field("", description="As it was at the end of this day in UTC, 2026-09-01; empty: now.")


@scorecard.get(
    "/",
    response={200: Page[EnvironmentStandingOut], 422: Problem},
    url_name="scorecard",
    summary="How far each environment is with each checklist",
)
def list_standings(request: HttpRequest, asked: Query[ScorecardFilters]) -> dict[str, Any]:
    now = clock.now()
    moment = moment_of(_day(asked.on), now)
    chosen = queries.Chosen(asked.system, asked.environment, asked.kind)
    versions = queries.versions(chosen)
    _check_names(chosen, asked.below, versions)
    places, following = page(request, queries.environments(chosen).order_by(), (("id", int),), descending=False)
    cells = read_cells(places, versions, moment, now)
    cells = with_first_open([cell for cell in cells if not asked.below or cell.is_below(asked.below)], moment)
    by_place: dict[int, list[dict[str, Any]]] = {place.pk: [] for place in places}
    for cell in cells:
        by_place[cell.environment.pk].append(_standing(cell))
    return {
        "items": [{"environment": place.path, "checklists": by_place[place.pk]} for place in places],
        "next": following,
    }


def _check_names(chosen: queries.Chosen, below: str, versions: Sequence[ChecklistVersion]) -> None:
    """Raises ProblemError (422) for a system, an environment or a level that is not there."""
    if chosen.system:
        with unknown_as_problem("system"):
            find(System.objects.all(), "system", chosen.system)
    if chosen.environment and not queries.environments(chosen).exists():
        known = {name for each in queries.environments(replace(chosen, environment="")) for name in each.names}
        with unknown_as_problem("environment"):
            raise NotFound("environment", chosen.environment, known=known)
    levels = {level for version in versions for level in version.levels}
    if below and below.casefold() not in {level.casefold() for level in levels}:
        with unknown_as_problem("below"):
            raise NotFound("level", below, known=levels)


def _day(text: str) -> date | None:
    if text and day_of(text) is None:
        raise ProblemError(422, "on: a day is written 2026-09-01")
    return day_of(text)


def _standing(cell: ScorecardCell) -> dict[str, Any]:
    found, counts = cell.reached, cell.counts
    return {
        "checklist": cell.checklist.slug,
        "title": cell.checklist.title,
        "kind": cell.checklist.kind,
        "standing": cell.words,
        "levels": list(cell.levels),
        "level": found.level if found else "",
        "next_level": found.next if found else "",
        "missing_for_next": found.missing if found else 0,
        "ready": found is not None and found.ready,
        "settled": counts.settled,
        "applicable": counts.applicable,
        "not_applicable": counts.not_applicable,
        "optional_open": counts.optional,
        "waived": counts.waived,
        "lapsed_waivers": counts.lapsed,
        "contradicted": _contradicted(cell),
        "overdue": cell.overdue,
        "last_act_at": cell.last_at,
        "run": cell.run,
        "version": cell.number or None,
        "url": f"{settings.PUBLIC_URL}{cell.url}" if cell.url else None,
    }


def _contradicted(cell: ScorecardCell) -> list[dict[str, str]] | None:
    return None if cell.contradicted is None else [{"key": each.key, "why": each.why} for each in cell.contradicted]
