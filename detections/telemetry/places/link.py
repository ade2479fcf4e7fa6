"""Links series that were counted by number before their place was learned: from then on each is read as its canonical
one. Counts stay where they are; a reader takes a series' and its linked ones' together (`queries.members`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Q

from detections.telemetry.models import Series
from detections.telemetry.places.learn import MAX_PLACES, globs_with_digits, keeps_apart, renamed
from detections.telemetry.places.numbered_place import NumberedPlace
from detections.telemetry.places.numbers import HAS_NUMBER
from detections.telemetry.places.times import KEPT
from detections.telemetry.records import SeriesKey

# A digest that had read its places before one was learned may make a series after it was linked; and rules change.
SETTLES, REVISED = timedelta(minutes=10), timedelta(minutes=10)
RELINKED = timedelta(minutes=1)
UNUSED = timedelta(days=90)  # as long as events are kept

CREATE = """
INSERT INTO detections_series
    (project_id, project_environment_id, source, kind, method, route, url_path, selected_by,
     first_seen, last_seen, placed_at)
SELECT * FROM unnest(
    %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""
# In key order, as digests lock them. A linked series gives its place back.
LOCK = "SELECT id FROM detections_series WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
LINK = """
UPDATE detections_series AS row
SET canonical_id = wanted.canonical_id,
    placed_at = CASE WHEN wanted.canonical_id IS NULL THEN row.last_seen ELSE row.placed_at - %s END
FROM unnest(%s::bigint[], %s::bigint[]) AS wanted (id, canonical_id) WHERE row.id = wanted.id
"""
WIDEN = """
UPDATE detections_series AS row SET first_seen = least(row.first_seen, seen.first), last_seen = greatest(
    row.last_seen, seen.last)
FROM (SELECT canonical_id AS id, min(first_seen) AS first, max(last_seen) AS last FROM detections_series
    WHERE canonical_id = ANY(%s) GROUP BY canonical_id) AS seen
WHERE row.id = seen.id
"""


@dataclass(frozen=True)
class Recounted:
    """A series whose counts are others since it was linked, or others were linked to it."""

    series_id: int
    project_environment_id: int


@dataclass(frozen=True)
class _NumberedSeries:
    """A series with a number in its paths, and as which it is read now."""

    id: int
    key: SeriesKey
    canonical: int | None
    times: tuple[datetime, datetime, datetime]


@transaction.atomic
def link_series(now: datetime) -> list[Recounted]:
    """Links the series of projects whose places were learned or are looked at again; returns those that changed. Twice
    or two at once change nothing more. One query where nothing is due."""
    due = _due(now)
    if not due:
        return []
    _lock_places(due)
    changed = _changes(_numbered(due), _learned(due))
    recounted = _link(changed) if changed else []
    NumberedPlace.objects.filter(project__in=due, learned_at__isnull=False).update(linked_at=now)
    trim(due, now)
    return recounted


def _due(now: datetime) -> list[int]:
    fresh = Q(learned_at__gt=now - SETTLES, linked_at__lt=now - RELINKED)
    learned = NumberedPlace.objects.filter(learned_at__isnull=False)
    due = learned.filter(Q(linked_at=None) | fresh | Q(linked_at__lt=now - REVISED))
    return sorted(set(due.values_list("project_id", flat=True)))


def _lock_places(projects: Collection[int]) -> None:
    """Places come before series, in the order of `learn.NOTE`: a digest that holds one and waits for the other would
    deadlock with this."""
    places = NumberedPlace.objects.filter(project__in=projects).order_by("project_id", "pattern")
    list(places.select_for_update(no_key=True).values_list("pk"))


def _learned(projects: Collection[int]) -> dict[int, set[str]]:
    rows = NumberedPlace.objects.filter(project__in=projects, learned_at__isnull=False)
    found: dict[int, set[str]] = {project: set() for project in projects}
    for project, pattern in rows.values_list("project_id", "pattern"):
        found[project].add(pattern)
    return found


def _numbered(projects: Collection[int]) -> list[_NumberedSeries]:
    on_path = Q(route__regex=HAS_NUMBER) | Q(url_path__regex=HAS_NUMBER)
    series = Series.objects.filter(on_path, project__in=projects, selected_by="").order_by("id")
    names = ("id", "canonical_id", "first_seen", "last_seen", "placed_at", *SeriesKey._fields)
    return [_NumberedSeries(pk, SeriesKey(*key), to, (a, b, c)) for pk, to, a, b, c, *key in series.values_list(*names)]


def _changes(
    rows: Sequence[_NumberedSeries], learned: Mapping[int, Collection[str]]
) -> list[tuple[_NumberedSeries, SeriesKey | None]]:
    """The series that are to be read otherwise, and as which; None: as themselves."""
    globs = globs_with_digits({row.key.project_environment_id for row in rows})
    wanted = [(row, _target(row.key, learned[row.key.project_id], globs)) for row in rows]
    ids = _ids({target for _, target in wanted if target is not None})
    return [
        (row, target)
        for row, target in wanted
        if (row.canonical is not None if target is None else ids.get(target, 0) != row.canonical)
    ]


def _target(key: SeriesKey, learned: Collection[str], globs: Mapping[int, Sequence[str]]) -> SeriesKey | None:
    route, path = renamed(key.route, learned), renamed(key.url_path, learned)
    target = key._replace(route=route, url_path="" if path == route else path)
    own, new = [key.route, *filter(None, [key.url_path])], [route, *filter(None, [path])]
    apart = keeps_apart(globs.get(key.project_environment_id, ()), own, new)
    return None if target == key or apart else target


def _link(changed: Sequence[tuple[_NumberedSeries, SeriesKey | None]]) -> list[Recounted]:
    targets: dict[SeriesKey, tuple[datetime, datetime, datetime]] = {}
    for row, target in changed:
        if target is not None:
            first, last, placed = targets.get(target, row.times)
            targets[target] = (min(first, row.times[0]), max(last, row.times[1]), max(placed, row.times[2]))
    with connection.cursor() as cursor:
        if targets:
            made = sorted((*key, *times) for key, times in targets.items())
            cursor.execute(CREATE, [list(column) for column in zip(*made, strict=True)])
        ids = _ids(targets)
        rows = sorted((row.id, ids[target] if target is not None else None) for row, target in changed)
        affected = {*ids.values(), *(row.canonical for row, _ in changed if row.canonical is not None)}
        cursor.execute(LOCK, [sorted({*affected, *(pk for pk, _ in rows)})])
        parameters: list[Any] = [2 * KEPT, *(list(column) for column in zip(*rows, strict=True))]
        cursor.execute(LINK, parameters)
        cursor.execute(WIDEN, [sorted(affected)])
    everything = {*affected, *(pk for pk, _ in rows)}
    found = Series.objects.filter(pk__in=everything).values_list("pk", "project_environment_id")
    return [Recounted(pk, environment) for pk, environment in found]


def _ids(keys: Collection[SeriesKey]) -> dict[SeriesKey, int]:
    wanted = set(keys)
    rows = Series.objects.filter(
        project_environment__in={key.project_environment_id for key in wanted},
        route__in={key.route for key in wanted},
        selected_by="",
    ).values_list("id", *SeriesKey._fields)
    return {key: pk for pk, *fields in rows if (key := SeriesKey(*fields)) in wanted}


def trim(projects: Iterable[int], now: datetime) -> None:
    """Makes room for new places: unused ones go, then those with the fewest numbers, the oldest first."""
    places, projects = NumberedPlace.objects.all(), list(projects)
    places.filter(project__in=projects, seen_at__lt=now - UNUSED).delete()
    for project in projects:
        beyond = places.filter(project=project).count() - MAX_PLACES * 4 // 5
        if beyond > 0:
            few = places.filter(project=project, learned_at=None)
            chosen = few.order_by(F("numbers__len"), "seen_at").values_list("pk", flat=True)[:beyond]
            places.filter(pk__in=list(chosen)).delete()


def trim_crowded(now: datetime) -> None:
    """Makes room in projects that have little: where no number is an id yet nothing is linked, and none could be
    learned any more."""
    used = NumberedPlace.objects.order_by().values("project").annotate(n=Count("pk"))
    trim(used.filter(n__gt=MAX_PLACES * 4 // 5).values_list("project", flat=True), now)
