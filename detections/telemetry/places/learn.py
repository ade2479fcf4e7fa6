"""Learns at which places of a project's paths numbers are ids, and gives events the route with `{id}` there.

`screen/1` to `screen/5` are five routes, the invoices 1 to 40 are one: where LEARNED different numbers were seen, they
are ids from then on. What was counted before is linked (`link.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count

from detections.telemetry.models import ProjectEnvironment
from detections.telemetry.places.numbered_place import NumberedPlace
from detections.telemetry.places.numbers import numbered_places, with_ids
from detections.telemetry.places.rule_selection import RuleSelection
from detections.telemetry.places.times import RENEWED
from detections.telemetry.records import EventRecord
from detections.telemetry.routes import FIRST_ID, glob

# Different numbers, small and large, after which a place has ids.
LEARNED = 20
# Rows per project: made-up paths must not fill the table. `link.trim` makes room again, at the latest in the night.
MAX_PLACES = 1000

# Rows are sorted by key, so that concurrent digests lock them in one order. A digest that waits here for another one
# reads what that has learned.
NOTE = f"""
INSERT INTO detections_numberedplace AS row (project_id, pattern, numbers, seen_at, learned_at)
SELECT project_id, pattern, array_agg(DISTINCT number), %(now)s,
    CASE WHEN count(DISTINCT number) >= {LEARNED} THEN %(now)s::timestamptz END
FROM unnest(%(projects)s::bigint[], %(patterns)s::text[], %(numbers)s::int[]) AS seen (project_id, pattern, number)
GROUP BY project_id, pattern ORDER BY project_id, pattern
ON CONFLICT (project_id, pattern) DO UPDATE SET
    numbers = (SELECT array_agg(number) FROM (
        SELECT DISTINCT unnest(row.numbers || excluded.numbers) AS number ORDER BY number LIMIT {LEARNED}) AS first),
    seen_at = greatest(row.seen_at, excluded.seen_at),
    learned_at = coalesce(row.learned_at, CASE WHEN (
        SELECT count(DISTINCT number) FROM unnest(row.numbers || excluded.numbers) AS number
    ) >= {LEARNED} THEN excluded.seen_at END)
RETURNING project_id, pattern, numbers, seen_at, learned_at
"""  # noqa: S608  a number

PlaceKey = tuple[int, str]


class _Known(NamedTuple):
    """What a place's row says."""

    numbers: Sequence[int]
    seen_at: datetime
    learned_at: datetime | None


def use_ids(records: Sequence[EventRecord]) -> None:
    """Notes the numbers of the records' paths and sets their routes and URL paths to those with ids where they are
    learned. Requires `project_environment_id`. One query where a path has numbers, one or two more for new ones, two
    where routes change."""
    seen: dict[PlaceKey, set[int]] = defaultdict(set)
    for record in records:
        for place, number in record.numbers:
            seen[record.project_id, place].add(number)
    if not seen:
        return
    now = max(record.received_at for record in records)
    known = _known(seen)
    known |= _note(_within_room(_to_note(seen, known, now), known), now)
    learned: dict[int, set[str]] = defaultdict(set)
    for (project, pattern), row in known.items():
        if row.learned_at is not None:
            learned[project].add(pattern)
    if learned:
        _rename(records, learned)


def keeps_apart(globs: Iterable[str], paths: Collection[str], renamed: Collection[str]) -> bool:
    """Whether a glob selects any of the paths, but none of them with ids: a rule loses nothing that it names."""
    matching = (glob(pattern) for pattern in globs)
    return any(any(map(fits, paths)) and not any(map(fits, renamed)) for fits in matching)


def globs_with_digits(environment_ids: Collection[int]) -> dict[int, list[str]]:
    """By project environment, the globs of its rules that could tell a number from an id. Two queries."""
    chosen = RuleSelection.objects.filter(route__regex=r"\d").values_list("project", "environment", "route")
    selections = list(chosen)
    rows = ProjectEnvironment.objects.filter(id__in=environment_ids).values_list("id", "project__slug", "name")
    return {
        pk: sorted({route for of, at, route in selections if of in ("", slug) and at in ("", name)})
        for pk, slug, name in rows
    }


def _known(keys: Collection[PlaceKey]) -> dict[PlaceKey, _Known]:
    rows = NumberedPlace.objects.filter(project__in={key[0] for key in keys}, pattern__in={key[1] for key in keys})
    fields = rows.values_list("project_id", "pattern", "numbers", "seen_at", "learned_at")
    return {(project, pattern): _Known(numbers, seen, at) for project, pattern, numbers, seen, at in fields}


def _to_note(
    seen: Mapping[PlaceKey, set[int]], known: Mapping[PlaceKey, _Known], now: datetime
) -> list[tuple[int, str, int]]:
    """(project, pattern, number) that rows lack, sorted. A place is noted once a small number was seen there."""
    lacking: list[tuple[int, str, int]] = []
    for key, numbers in seen.items():
        row = known.get(key)
        if row is None:
            new: Collection[int] = numbers if min(numbers) < FIRST_ID else ()
        elif row.learned_at is None:
            new = numbers.difference(row.numbers)
        else:
            new = row.numbers[:1] if row.seen_at < now - RENEWED else ()
        lacking += [(*key, number) for number in new]
    return sorted(lacking)


def _note(lacking: list[tuple[int, str, int]], now: datetime) -> dict[PlaceKey, _Known]:
    """Writes them; returns the rows as they are now."""
    if not lacking:
        return {}
    projects, patterns, numbers = zip(*lacking, strict=True)
    columns: dict[str, Any] = {"projects": list(projects), "patterns": list(patterns), "numbers": list(numbers)}
    with connection.cursor() as cursor:
        cursor.execute(NOTE, {**columns, "now": now})
        return {(project, pattern): _Known(*rest) for project, pattern, *rest in cursor.fetchall()}


def _within_room(lacking: list[tuple[int, str, int]], known: Collection[PlaceKey]) -> list[tuple[int, str, int]]:
    """Those of known places, and of new ones as far as there is room. One query where there are new ones."""
    new = dict.fromkeys((project, pattern) for project, pattern, _ in lacking if (project, pattern) not in known)
    if not new:
        return lacking
    rows = NumberedPlace.objects.filter(project__in={project for project, _ in new})
    used = Counter(dict(rows.values_list("project_id").annotate(n=Count("pk")).order_by()))
    refused: set[PlaceKey] = set()
    for key in new:
        used[key[0]] += 1
        if used[key[0]] > MAX_PLACES:
            refused.add(key)
    return [row for row in lacking if row[:2] not in refused]


def _rename(records: Sequence[EventRecord], learned: Mapping[int, Collection[str]]) -> None:
    """Sets the routes with ids, but not where a rule selects by the number."""
    changed: list[tuple[EventRecord, str, str]] = []
    for record in records:
        if not record.numbers or not (places := learned.get(record.project_id)):
            continue
        route, path = renamed(record.route, places), renamed(record.url_path, places)
        if (route, path) != (record.route, record.url_path):
            changed.append((record, route, "" if path == route else path))
    globs = globs_with_digits({record.project_environment_id for record, _, _ in changed}) if changed else {}
    for record, route, path in changed:
        own, new = _paths(record.route, record.url_path), _paths(route, path)
        if not keeps_apart(globs.get(record.project_environment_id, ()), own, new):
            record.route, record.url_path = route, path


def renamed(path: str, learned: Collection[str]) -> str:
    """The path with ids at the learned places."""
    return with_ids(path, learned) if any(place in learned for place in numbered_places(path)) else path


def _paths(route: str, url_path: str) -> list[str]:
    return [route, url_path] if url_path else [route]
