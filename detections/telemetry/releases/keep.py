"""Records when an environment first sent an event of a release.

A batch costs one query; one statement more where a release is new, earlier than known, or was last noted a day ago; and
where it is new, a count of the environment's new ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Count

from detections.telemetry.environments import Span, widened
from detections.telemetry.places.times import RENEWED
from detections.telemetry.records import EventRecord
from detections.telemetry.releases.models import EnvironmentRelease

# New names that an environment may have within NEW_WITHIN: a team that deploys each commit makes some dozens a day.
MAX_NEW, NEW_WITHIN = 100, timedelta(days=1)
OTHER = "(other)"  # stands for the names beyond them

FIND = """
SELECT project_environment_id, release, first_seen, last_seen FROM detections_environmentrelease
JOIN unnest(%s::bigint[], %s::text[]) AS wanted (project_environment_id, release)
USING (project_environment_id, release)
"""
# In order of the key, so that no two digests deadlock.
KEEP = """
INSERT INTO detections_environmentrelease AS row (project_environment_id, release, first_seen, last_seen)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (project_environment_id, release) DO UPDATE SET
    first_seen = least(row.first_seen, excluded.first_seen), last_seen = greatest(row.last_seen, excluded.last_seen)
"""


class ReleaseKey(NamedTuple):
    """What identifies a row."""

    project_environment_id: int
    release: str


def note_releases(records: Iterable[EventRecord]) -> set[ReleaseKey]:
    """Keeps first and last times of the records' releases; returns those that have no row of their own, since there are
    too many. Requires `project_environment_id`. Events without a release change nothing."""
    seen: dict[ReleaseKey, Span] = {}
    for record in records:
        if record.release:
            key = ReleaseKey(record.project_environment_id, record.release)
            seen[key] = widened(seen.get(key), record.occurred_at)
    if not seen:
        return set()
    known = _find(list(seen))
    new = sorted(seen.keys() - known.keys())
    behind = [key for key, span in known.items() if _is_behind(seen[key], span)]
    kept = {key: seen[key] for key in behind} | (_bounded(new, seen) if new else {})
    if kept:
        _keep(kept)
    return set(new) - kept.keys()


def _find(keys: Sequence[ReleaseKey]) -> dict[ReleaseKey, Span]:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [list(column) for column in zip(*keys, strict=True)])
        return {ReleaseKey(*row[:2]): (row[2], row[3]) for row in cursor.fetchall()}


def _is_behind(seen: Span, known: Span) -> bool:
    return seen[0] < known[0] or seen[1] > known[1] + RENEWED


def _bounded(new: Sequence[ReleaseKey], seen: Mapping[ReleaseKey, Span]) -> dict[ReleaseKey, Span]:
    """The spans by key; those of names beyond MAX_NEW are OTHER's."""
    since = max(seen[key][1] for key in new) - NEW_WITHIN
    rows = EnvironmentRelease.objects.filter(
        project_environment__in={key.project_environment_id for key in new}, first_seen__gte=since
    ).exclude(release=OTHER)
    used = Counter(dict(rows.order_by().values_list("project_environment_id").annotate(n=Count("id"))))
    kept: dict[ReleaseKey, Span] = {}
    for key in new:
        used[key.project_environment_id] += 1
        full = used[key.project_environment_id] > MAX_NEW
        target = ReleaseKey(key.project_environment_id, OTHER) if full else key
        for moment in seen[key]:
            kept[target] = widened(kept.get(target), moment)
    return kept


def _keep(spans: Mapping[ReleaseKey, Span]) -> None:
    rows = [(*key, *spans[key]) for key in sorted(spans)]
    with connection.cursor() as cursor:
        cursor.execute(KEEP, [list(column) for column in zip(*rows, strict=True)])
