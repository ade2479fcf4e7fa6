"""The routes that a selector finds, as the console prints them, with the counts of a day and a week.

The routes of what is selected are read once, at most MOST of them: what was written, its other readings and the nearest
are looked up among them in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Coalesce

from detections.rules.counting.counts import kind_of
from detections.rules.matching.nearest import nearest_routes
from detections.rules.matching.written_route import WrittenRoute, alternatives, in_their_spelling, read_route
from detections.rules.spec.selector import Selector
from detections.telemetry.models import Series
from detections.telemetry.routes import glob
from opsconsole.lib.clock import floor_hour

MOST = 20_000  # routes that are looked through, those seen last first
COUNTED = 5_000  # of those that match, whose errors are added up
SHOWN = 10
WEEK = timedelta(days=7)
DAY = timedelta(days=1)

# By the index on series and hour: of few routes few rows, of all of them what a scan of a week would read.
COUNTS = """
SELECT series_id, sum(n)::bigint, (sum(n) FILTER (WHERE hour >= %(day)s))::bigint FROM detections_hourcount
WHERE series_id = ANY(%(series)s) AND hour >= %(week)s AND hour < %(now)s GROUP BY series_id
"""


class KnownRoute(NamedTuple):
    """A series by its own route and as it is read."""

    series_id: int
    read_as: int
    own: str
    route: str
    url_path: str
    selected_by: str
    method: str
    last_seen: datetime
    project: str
    environment: str
    kind: str
    source: str

    @property
    def label(self) -> str:
        """As pages print it: `POST /api/solver/solve`."""
        named = Series(method=self.method, route=self.route, url_path=self.url_path, selected_by=self.selected_by)
        return named.label


@dataclass(frozen=True)
class FoundRoute:
    """A route in an environment with the counts of the last day and week, by whole hours."""

    known: KnownRoute
    day: int
    week: int

    @property
    def selector(self) -> str:
        """The glob that selects just this route."""
        return self.known.route or self.known.url_path or self.known.selected_by.partition("\n")[0]

    @property
    def where(self) -> str:
        return f"{self.known.project}/{self.known.environment}"


@dataclass(frozen=True)
class RoutesFound:
    """What a route that somebody wrote selects. `shown` are those with most errors; `uncounted` is how many of `total`
    were left out of the sums, `looked_through` the bound where there are more routes than were looked at. `known`:
    whether there are any routes, matching or not."""

    written: WrittenRoute
    total: int
    environments: int
    day: int
    week: int
    shown: list[FoundRoute]
    uncounted: int
    looked_through: int | None
    nearest: list[FoundRoute]
    known: bool

    @property
    def more(self) -> int:
        """How many match beside those that are shown."""
        return self.total - len(self.shown)

    @property
    def counted(self) -> int:
        return self.total - self.uncounted


def find_routes(text: str, selector: Selector, now: datetime) -> RoutesFound:
    """The routes that `text` selects in the project and environment and of the levels of the selector, whose own route
    does not matter. Three queries at most."""
    known = known_routes(selector)
    written = meant(text, known)
    matching = _matching(written.glob, known)
    newest = [route for route in matching if route.last_seen >= now - WEEK][:COUNTED]
    found = _counted(newest, matching, now)
    close = [] if matching else _nearest(written.glob, known)
    return RoutesFound(
        written=written,
        total=len({route.read_as for route in matching}),
        environments=len({(route.project, route.environment) for route in matching}),
        day=sum(each.day for each in found),
        week=sum(each.week for each in found),
        shown=found[:SHOWN],
        uncounted=max(0, sum(route.last_seen >= now - WEEK for route in matching) - COUNTED),
        looked_through=MOST if len(known) == MOST else None,
        nearest=_counted(close, close, now),
        known=bool(known),
    )


def meant(text: str, known: Sequence[KnownRoute]) -> WrittenRoute:
    """The glob that is meant: of several readings the first that selects any of the routes, else what was written."""
    written, routes = read_route(text), {route.route for route in known if route.route.startswith("/")}
    for reading in alternatives(written):
        if _matching(reading.glob, known):
            return reading
        if spelt := in_their_spelling(reading.glob, routes):
            return reading.and_then(spelt, f"The application writes it {spelt}.")
        as_read = {route.route for route in known if route.own == reading.glob}
        if len(as_read) == 1:
            return reading.and_then(min(as_read), f"{reading.glob} is counted as {min(as_read)}.")
    return written


def known_routes(selector: Selector, most: int = 0) -> list[KnownRoute]:
    """The routes in the project and environment and of the levels of the selector, those seen last
    first; so many, or MOST. One query."""
    wanted = Q()
    if kind := kind_of(Selector(selector.sources, levels=selector.levels)):
        wanted &= Q(kind=kind)
    if selector.project:
        wanted &= Q(project__slug=selector.project)
    if selector.environment:
        wanted &= Q(project_environment__name=selector.environment)
    paths = [Coalesce(f"canonical__{name}", name) for name in ("route", "url_path", "selected_by")]
    rows = Series.objects.filter(wanted).annotate(read_id=Coalesce("canonical_id", "id")).order_by("-last_seen", "-id")
    places = ("method", "last_seen", "project__slug", "project_environment__name", "kind", "source")
    return [KnownRoute(*row) for row in rows.values_list("id", "read_id", "route", *paths, *places)[: most or MOST]]


def _matching(pattern: str, known: Iterable[KnownRoute]) -> list[KnownRoute]:
    """As `counting.counts.keys_of` selects them."""
    fits = glob(pattern)
    return [
        each
        for each in known
        if fits(each.route)
        or (each.url_path and fits(each.url_path))
        or (each.selected_by and pattern in each.selected_by.split("\n"))
    ]


def _counted(routes: Sequence[KnownRoute], shown: Sequence[KnownRoute], now: datetime) -> list[FoundRoute]:
    """With their counts, most in the week first; of those that are read as one, one. `shown` are there without counts,
    too. One query."""
    counts = _hour_counts([route.series_id for route in routes], now)
    found: dict[int, FoundRoute] = {}
    for each in shown:
        week, day = counts.get(each.series_id, (0, 0))
        before = found.get(each.read_as)
        known = each if before is None or each.series_id == each.read_as else before.known
        found[each.read_as] = FoundRoute(
            known, day + (before.day if before else 0), week + (before.week if before else 0)
        )
    return sorted(found.values(), key=lambda each: (-each.week, each.known.route, each.known.method, each.where))


def _hour_counts(series: Collection[int], now: datetime) -> dict[int, tuple[int, int]]:
    """By series, the errors of the week and of the day."""
    if not series:
        return {}
    hour = floor_hour(now)
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, {"series": list(series), "day": hour - DAY, "week": hour - WEEK, "now": now})
        return {pk: (week, day or 0) for pk, week, day in cursor.fetchall()}


def _nearest(pattern: str, known: Sequence[KnownRoute]) -> list[KnownRoute]:
    """One of each of the nearest routes, the one seen last."""
    by_route: dict[str, KnownRoute] = {}
    for each in known:
        for path in (each.route, each.url_path):
            if path:
                by_route.setdefault(path, each)
    return [by_route[route] for route in nearest_routes(pattern, by_route)]
