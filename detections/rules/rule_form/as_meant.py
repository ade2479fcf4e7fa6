"""What is meant by the project, environment and route that somebody entered: other names and readings of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from detections.rules.counting.idle_rules import series_of
from detections.rules.matching.places import Places
from detections.rules.matching.routes import known_routes, meant
from detections.rules.matching.unmatched import EVERYTHING
from detections.rules.matching.written_route import WrittenRoute, read_route
from detections.rules.spec.selector import Selector


def as_meant(fields: Mapping[str, Any], changed: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Of those of the three fields that were changed the values that are meant, and a sentence on each that is not what
    was entered. What is stored stays as it is. Five queries at most, none where nothing was changed."""
    values: dict[str, str] = {}
    notes: list[str] = []
    places, project = Places(), fields.get("project") or ""
    if project and "project" in changed:
        project, note = places.project_named(project)
        values["project"] = project
        notes += [note] if note else []
    environment = fields.get("environment") or ""
    if environment and "environment" in changed:
        environment, note = places.environment_named(environment, project)
        values["environment"] = environment
        notes += [note] if note else []
    if fields.get("route") and "route" in changed:
        here = msgspec.structs.replace(EVERYTHING, project=project, environment=environment)
        route = _route(fields["route"], here)
        values["route"] = route.glob
        notes += route.notes
    return values, notes


def _route(text: str, here: Selector) -> WrittenRoute:
    """As `matching.routes.meant`; the routes are read only where none matches what was written."""
    written = read_route(text)
    if series_of(msgspec.structs.replace(here, route=written.glob)).exists():
        return written
    return meant(text, known_routes(here))
