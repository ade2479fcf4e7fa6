"""Finds or creates series; their number is limited per environment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count as CountOf

from detections.telemetry.environments import Span, widened
from detections.telemetry.models import Series
from detections.telemetry.records import EventRecord, SeriesKey

# Per environment. Beyond it, routes are paths whose variable segments were not recognised.
MAX_SERIES = 5000
OTHER_ROUTE = "(other)"
# URL paths per route. An application has few mount points; beyond it, one handler serves all paths.
MAX_URL_PATHS = 20
# `last_seen` may lag by this much, so that digests seldom wait for a row: as long as pages poll.
STALE = timedelta(seconds=5)

FIND = """
SELECT series.project_environment_id, source, kind, method, route, url_path, id
FROM detections_series AS series
JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS wanted (project_environment_id, source, kind, method, route, url_path)
USING (project_environment_id, source, kind, method, route, url_path)
"""
CREATE = """
INSERT INTO detections_series
    (project_id, project_environment_id, source, kind, method, route, url_path, first_seen, last_seen)
SELECT *, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT (project_environment_id, source, kind, method, route, url_path) DO NOTHING
"""
# Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes: two digests would
# deadlock at the start of an hour.
LOCK = "SELECT id FROM detections_series WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
TOUCH = """
UPDATE detections_series AS row
SET first_seen = least(row.first_seen, seen.first), last_seen = greatest(row.last_seen, seen.last)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS seen (id, first, last)
WHERE row.id = seen.id
"""


def resolve_series(records: Sequence[EventRecord]) -> None:
    """Sets each record's `series_id`. Requires `project_environment_id`."""
    keys = [
        SeriesKey(r.project_id, r.project_environment_id, r.source, r.kind, r.method, r.route, r.url_path)
        for r in records
    ]
    ids = series_ids(set(keys), max(record.occurred_at for record in records))
    for record, key in zip(records, keys, strict=True):
        record.series_id = ids[key]


def series_ids(keys: Collection[SeriesKey], now: datetime) -> dict[SeriesKey, int]:
    """By key, the id of its series; new series are first seen at `now`, and OTHER_ROUTE beyond MAX_SERIES."""
    ids = _find(keys)
    missing = sorted(set(keys) - ids.keys())
    if missing:
        targets = _bounded(_with_bounded_paths(missing))
        _create(sorted(set(targets.values())), now)
        created = _find(set(targets.values()))
        ids |= {key: created[target] for key, target in targets.items()}
    return ids


def touch_series(records: Iterable[EventRecord]) -> None:
    """Updates first and last seen where they are wrong by more than STALE."""
    spans: dict[int, Span] = {}
    for record in records:
        spans[record.series_id] = widened(spans.get(record.series_id), record.occurred_at)
    rows = Series.objects.filter(id__in=spans).values_list("id", "first_seen", "last_seen")
    stale = sorted(pk for pk, first, last in rows if spans[pk][0] < first or spans[pk][1] > last + STALE)
    if not stale:
        return
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [stale])
        cursor.execute(TOUCH, [stale, [spans[pk][0] for pk in stale], [spans[pk][1] for pk in stale]])


def _find(keys: Collection[SeriesKey]) -> dict[SeriesKey, int]:
    project = {key.project_environment_id: key.project_id for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(FIND, _columns(key[1:] for key in keys))
        return {SeriesKey(project[row[0]], *row[:6]): row[6] for row in cursor.fetchall()}


def _create(keys: Sequence[SeriesKey], now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE, [now, now, *_columns(keys)])


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _with_bounded_paths(missing: Sequence[SeriesKey]) -> dict[SeriesKey, SeriesKey]:
    """By missing key, the key of its series: its own, or without URL path beyond MAX_URL_PATHS."""
    routes = {key.route for key in missing if key.url_path}
    used: Counter[SeriesKey] = Counter()
    if routes:
        environments = {key.project_environment_id for key in missing}
        known = Series.objects.filter(project_environment__in=environments, route__in=routes).exclude(url_path="")
        names = ("project_id", "project_environment_id", "source", "kind", "method", "route")
        used.update(SeriesKey(*row) for row in known.values_list(*names))
    targets: dict[SeriesKey, SeriesKey] = {}
    for key in missing:
        bare = key._replace(url_path="")
        used[bare] += bool(key.url_path)
        targets[key] = key if used[bare] <= MAX_URL_PATHS else bare
    return targets


def _bounded(wanted: Mapping[SeriesKey, SeriesKey]) -> dict[SeriesKey, SeriesKey]:
    """By missing key, the key of its series: the wanted one, or OTHER_ROUTE beyond MAX_SERIES."""
    environments = {key.project_environment_id for key in wanted}
    counted = Series.objects.filter(project_environment_id__in=environments).values("project_environment_id")
    used = Counter({row["project_environment_id"]: row["n"] for row in counted.annotate(n=CountOf("id"))})
    targets: dict[SeriesKey, SeriesKey] = {}
    for key, target in wanted.items():
        used[key.project_environment_id] += 1
        fits = used[key.project_environment_id] <= MAX_SERIES
        targets[key] = target if fits else key._replace(method="", route=OTHER_ROUTE, url_path="")
    return targets
