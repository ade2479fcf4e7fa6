"""What a list is narrowed to; it lives in the query string, so that every page can be pasted to a colleague."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import QueryDict

from detections.dashboard.ranges import RANGES, Range, find
from detections.telemetry.models import Project
from opsconsole.lib.web.lists.query import AFTER, BEFORE


@dataclass(frozen=True)
class Filters:
    """Empty text means all."""

    project: str
    environment: str
    search: str
    range: Range

    def chosen(self, projects: list[Project]) -> list[Project]:
        """Of these projects the ones that the filter lets through."""
        return [each for each in projects if self.project in ("", each.slug)]

    def range_choices(self, query: QueryDict) -> list[tuple[str, str, bool]]:
        """(label, address, current) of each range, the other filters kept."""
        return [(each.label, _address(query, each), each == self.range) for each in RANGES]


def from_query(query: QueryDict, default_range: str = "1h") -> Filters:
    """Read leniently: an unknown value finds nothing or falls back, it is never an error page."""
    return Filters(
        project=query.get("project", ""),
        environment=query.get("environment", ""),
        search=query.get("q", "").strip()[:200],
        range=find(query.get("range"), default_range),
    )


def _address(query: QueryDict, chosen: Range) -> str:
    changed = query.copy()
    changed["range"] = chosen.key
    for place in (AFTER, BEFORE):  # it begins again at its first page
        changed.pop(place, None)
    return f"?{changed.urlencode()}"
