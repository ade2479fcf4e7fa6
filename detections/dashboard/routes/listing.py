"""The list of routes: its columns, sorts and filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from detections.alerts.models import Alert
from detections.dashboard.filters import RouteCriteria
from detections.dashboard.ranges import RANGES, find
from detections.dashboard.search.form import SearchForm, language_filter
from detections.telemetry.models import Series
from detections.telemetry.search.keys import Domain
from detections.telemetry.search.of_rows import search_routes
from detections.telemetry.search.translate import Search
from opsconsole.lib import clock
from opsconsole.lib.web.lists.filters import ChoiceFilter, NameFilter
from opsconsole.lib.web.lists.order import ascending, descending
from opsconsole.lib.web.lists.spec import Column, ListSpec, Sort

RANGE = "24h"


@dataclass(frozen=True)
class RouteErrors:
    """A route and its errors in the chosen range, and the open alert of a rule that covers it."""

    series: Series
    total: int
    alert: Alert | None = None

    @property
    def severity(self) -> int:
        """That of the alert; 0 where none is open."""
        return self.alert.severity if self.alert else 0


class RouteFilterForm(SearchForm):
    """As `dashboard.filters.RouteCriteria`, with a search; the time is chosen beside the heading."""

    kept = ("range",)
    domain = Domain.ROUTES

    q = language_filter(Domain.ROUTES, label="Search routes", placeholder="POST /api environment:prod")
    project = NameFilter(label="Project", any_label="All projects")
    environment = NameFilter(label="Environment", any_label="All environments")
    range = ChoiceFilter({each.key: each.label for each in RANGES}, label="Time range", initial=RANGE, hidden=True)

    @cached_property
    def search(self) -> Search:
        return search_routes(self.chosen["q"], clock.now())

    @property
    def filters(self) -> RouteCriteria:
        """What is chosen, typed; what the search says is left to it."""
        places = (self.chosen_beside("project"), self.chosen_beside("environment"))
        return RouteCriteria(*places, "", find(self.chosen["range"], RANGE))


BY_NAME = (ascending("series__label", str), ascending("series__pk", int))
BY_ERRORS = (descending("total", int), *BY_NAME)
# All routes with errors in the range are in memory, because they are sorted by count; ingest limits their number.
ROUTES = ListSpec(
    id="routes",
    url="route_list",
    label="Routes",
    noun="route",
    template="detections/dashboard/route_list.html",
    row="detections/dashboard/_route_row.html",
    columns=(
        Column("Route", "route"),
        Column("Project", "project"),
        Column("Environment", "environment"),
        Column("Course"),
        Column("Errors", "errors", "num"),
        Column("Last seen", "last"),
        Column("Alert and rule", "burning"),
    ),
    sorts=(
        Sort("burning", "What burns now first", (descending("severity", int), *BY_ERRORS)),
        Sort("errors", "Most errors first", BY_ERRORS),
        Sort("last", "Last seen", (descending("series__last_seen", datetime), *BY_NAME)),
        Sort("route", "Route", BY_NAME),
        Sort("project", "Project", (ascending("series__project__name", str), *BY_ERRORS)),
        Sort("environment", "Environment", (ascending("series__project_environment__name", str), *BY_ERRORS)),
    ),
    filters=RouteFilterForm,
)
