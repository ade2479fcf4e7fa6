"""Projects that send more different names than are kept: how many of their events were counted under a common name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from django.db.models import QuerySet, Sum

from detections.telemetry.count_models import MinuteCount
from detections.telemetry.environments import MAX_NAMES, OTHER
from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.places.targets import MAX_SERIES
from detections.telemetry.places.times import KEPT
from detections.telemetry.routes import OTHER_ROUTE


class Exceeded(NamedTuple):
    """A limit that was exceeded: of what, in which environment ('' for environments themselves), how many are kept, and
    the events beyond it."""

    what: Literal["routes", "environments"]
    environment: str
    kept: int
    events: int


def exceeded(places: Mapping[int, ProjectEnvironment], start: datetime, end: datetime) -> dict[int, list[Exceeded]]:
    """By project id, the limits that events of [start, end) exceeded in these project environments. One query; one more
    where a project has no place for environments left."""
    found: dict[int, list[Exceeded]] = defaultdict(list)
    counts = MinuteCount.objects.filter(minute__gte=start, minute__lt=end)
    for pk, events in _by_environment(counts.filter(series__route=OTHER_ROUTE), places.values()):
        if (place := places.get(pk)) is not None:
            found[place.project_id].append(Exceeded("routes", place.name, MAX_SERIES, events))
    if full := _without_places(places.values(), end):
        rows = counts.filter(series__project_environment__in=[place.pk for place in full])
        for pk, events in _by_environment(rows, full):
            found[places[pk].project_id].append(Exceeded("environments", "", MAX_NAMES, events))
    return found


def _by_environment(counts: QuerySet[MinuteCount], places: Iterable[ProjectEnvironment]) -> Iterable[tuple[int, int]]:
    rows = counts.filter(project__in={place.project_id for place in places})
    summed: Iterable[tuple[int, int]] = rows.values_list("series__project_environment_id").annotate(total=Sum("n"))
    return summed


def _without_places(places: Iterable[ProjectEnvironment], now: datetime) -> list[ProjectEnvironment]:
    """The environments that stand for others of their project, which has as many names as it may."""
    rows = list(places)
    taken = Counter(p.project_id for p in rows if p.placed_at is not None and p.placed_at >= now - KEPT)
    return [place for place in rows if place.name == OTHER and taken[place.project_id] >= MAX_NAMES]
