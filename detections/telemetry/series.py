"""Finds or creates series; their number is limited per environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from detections.telemetry.environments import Span, widened
from detections.telemetry.models import Series
from detections.telemetry.places.learn import use_ids
from detections.telemetry.places.targets import targets_of
from detections.telemetry.places.times import KEPT, RENEWED
from detections.telemetry.records import EventRecord, SeriesKey

# `last_seen` may lag by this much, so that digests seldom wait for a row: as long as pages poll.
STALE = timedelta(seconds=5)

FIND = """
SELECT series.project_environment_id, source, kind, method, route, url_path, selected_by, id, placed_at
FROM detections_series AS series
JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
    AS wanted (project_environment_id, source, kind, method, route, url_path, selected_by)
USING (project_environment_id, source, kind, method, route, url_path, selected_by)
"""
CREATE = """
INSERT INTO detections_series
    (project_id, project_environment_id, source, kind, method, route, url_path, selected_by,
     first_seen, last_seen, placed_at)
SELECT *, %s, %s, %s FROM unnest(
    %s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
ON CONFLICT DO NOTHING
"""
# Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes: two digests would
# deadlock at the start of an hour.
LOCK = "SELECT id FROM detections_series WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# A place is renewed seldom, because its index makes an update dearer.
TOUCH = """
UPDATE detections_series AS row
SET first_seen = least(row.first_seen, seen.first), last_seen = greatest(row.last_seen, seen.last),
    placed_at = CASE WHEN row.placed_at < seen.received - %s THEN seen.received ELSE row.placed_at END,
    handler = CASE WHEN row.handler = '' THEN seen.handler ELSE row.handler END
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS seen (id, first, last, received, handler)
WHERE row.id = seen.id
"""


@dataclass(slots=True)
class _Seen:
    """When a batch saw a series: by the events' own times and the newest receipt, and its handler's name."""

    span: Span
    received_at: datetime
    handler: str = ""


def resolve_series(records: Sequence[EventRecord]) -> None:
    """Sets each record's `series_id`, and its route where small numbers are ids. Requires `project_environment_id`."""
    use_ids(records)
    keys = [
        SeriesKey(r.project_id, r.project_environment_id, r.source, r.kind, r.method, r.route, r.url_path)
        for r in records
    ]
    seen, now = max(record.occurred_at for record in records), max(record.received_at for record in records)
    ids = series_ids(set(keys), seen, now)
    for record, key in zip(records, keys, strict=True):
        record.series_id = ids[key]


def series_ids(keys: Collection[SeriesKey], seen: datetime, now: datetime | None = None) -> dict[SeriesKey, int]:
    """By key, the id of its series. New series are first seen at `seen`; of those without a place at `now` (else
    `seen`), the series is that of `places.targets_of`."""
    now = now or seen
    found = _find(keys)
    ids = {key: pk for key, (pk, placed_at) in found.items() if placed_at >= now - KEPT}
    lacking = sorted(set(keys) - ids.keys())
    if lacking:
        targets = targets_of(lacking, now)
        known = {key: pk for key, (pk, _) in found.items()}
        if missing := set(targets.values()) - known.keys():
            _create(sorted(missing), seen, now)
            known |= {key: pk for key, (pk, _) in _find(missing).items()}
        ids |= {key: known[target] for key, target in targets.items()}
    return ids


def touch_series(records: Iterable[EventRecord]) -> None:
    """Updates first and last seen where they are wrong by more than STALE, and renews places."""
    seen: dict[int, _Seen] = {}
    for record in records:
        known = seen.get(record.series_id)
        if known is None:
            seen[record.series_id] = _Seen((record.occurred_at, record.occurred_at), record.received_at)
        else:
            known.span = widened(known.span, record.occurred_at)
            known.received_at = max(known.received_at, record.received_at)
        if record.handler:
            seen[record.series_id].handler = record.handler
    rows = Series.objects.filter(id__in=seen).values_list("id", "first_seen", "last_seen", "placed_at", "handler")
    stale = sorted(pk for pk, first, last, at, name in rows if _is_stale(seen[pk], first, last, at, name))
    if not stale:
        return
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [stale])
        touched = _columns((pk, *seen[pk].span, seen[pk].received_at, seen[pk].handler) for pk in stale)
        parameters: list[Any] = [RENEWED, *touched]
        cursor.execute(TOUCH, parameters)


def _is_stale(seen: _Seen, first: datetime, last: datetime, placed_at: datetime, handler: str) -> bool:
    named = bool(seen.handler) and not handler
    return named or seen.span[0] < first or seen.span[1] > last + STALE or seen.received_at > placed_at + RENEWED


def _find(keys: Collection[SeriesKey]) -> dict[SeriesKey, tuple[int, datetime]]:
    """By key, the id of its series and when its place was taken; without those that do not exist."""
    project = {key.project_environment_id: key.project_id for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(FIND, _columns(key[1:] for key in keys))
        return {SeriesKey(project[row[0]], *row[:7]): (row[7], row[8]) for row in cursor.fetchall()}


def _create(keys: Sequence[SeriesKey], seen: datetime, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE, [seen, seen, now, *_columns(keys)])


def _columns(rows: Iterable[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
