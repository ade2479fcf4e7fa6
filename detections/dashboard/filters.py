"""What pages of routes are filtered by. It is in the query string, so that an address shows the same to a colleague."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from detections.dashboard.ranges import RANGES, Range, find
from detections.telemetry.models import Project
from opsconsole.lib.web.lists.query import AFTER, BEFORE


@dataclass(frozen=True)
class RouteCriteria:
    """Project slug, environment name, search text (empty: all) and time range."""

    project: str
    environment: str
    search: str
    range: Range

    def chosen(self, projects: list[Project]) -> list[Project]:
        """Those of the projects that the filter lets through."""
        return [each for each in projects if self.project in ("", each.slug)]

    def range_choices(self, query: QueryDict) -> list[tuple[str, str, bool]]:
        """(label, address, current) of each range, the other filters kept."""
        return [(each.label, _address(query, each), each == self.range) for each in RANGES]


def from_query(query: QueryDict, default_range: str = "1h") -> RouteCriteria:
    """The criteria of a query string. Never raises: an unknown value matches nothing, an unknown range is the default
    one."""
    return RouteCriteria(
        project=query.get("project", ""),
        environment=query.get("environment", ""),
        search=query.get("q", "").strip()[:200],
        range=find(query.get("range"), default_range),
    )


def _address(query: QueryDict, chosen: Range) -> str:
    changed = query.copy()
    changed["range"] = chosen.key
    for place in (AFTER, BEFORE):  # back to the first page
        changed.pop(place, None)
    return f"?{changed.urlencode()}"
