"""What the scorecard is of: environments and checklists that filters leave in, and what can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from bootstrap.checklists.models import Checklist, ChecklistVersion
from bootstrap.checklists.version_queries import newest_versions
from bootstrap.systems.models import Environment
from bootstrap.systems.queries import named


@dataclass(frozen=True)
class Chosen:
    """Slugs of a system and of environments (or an alias), and a kind of checklist; empty for all, of kinds all but
    reviews."""

    system: str = ""
    environment: str = ""
    kind: str = ""


def environments(chosen: Chosen) -> QuerySet[Environment]:
    """By system and slug, each with its system."""
    places = Environment.objects.select_related("system").order_by("system__slug", "slug")
    if chosen.system:
        places = places.filter(system__slug=chosen.system)
    return places.filter(pk__in=named(chosen.environment)) if chosen.environment else places


def versions(chosen: Chosen) -> list[ChecklistVersion]:
    """The newest version of each checklist, by system and title, without its source."""
    found = newest_versions(chosen.kind).defer("source", "intro")
    if chosen.system:
        found = found.filter(checklist__system__slug=chosen.system)
    return list(found if chosen.kind else found.exclude(checklist__kind=Checklist.Kind.REVIEW))


def level_names(of: Sequence[ChecklistVersion]) -> dict[str, str]:
    """The levels of these versions, each once, in the order of their first appearance."""
    names: dict[str, str] = {}
    for version in of:
        for level in version.levels:
            names.setdefault(level.casefold(), level)
    return {name: f"Below {name}" for name in names.values()}
