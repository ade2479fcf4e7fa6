"""Project environments of events: linked by slug or alias, kept when unknown, limited in number per project."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection

from bootstrap.systems.models import Environment
from detections.telemetry.models import Project, ProjectEnvironment
from detections.telemetry.records import EventRecord

# Per project. A client that sends a branch or a host name must not fill the filters of every page.
MAX_NAMES = 50
OTHER = "other"
# `last_event_at` may lag by this much: if every batch wrote it, all digests would wait for one row.
STALE = timedelta(seconds=5)

CREATE = """
INSERT INTO detections_projectenvironment (project_id, name, environment_id, first_event_at, last_event_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (project_id, name) DO NOTHING
"""
# Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes: two digests would
# deadlock at the start of an hour.
LOCK = "SELECT id FROM detections_projectenvironment WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
TOUCH = """
UPDATE detections_projectenvironment AS row
SET first_event_at = least(row.first_event_at, seen.first), last_event_at = greatest(row.last_event_at, seen.last)
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS seen (id, first, last)
WHERE row.id = seen.id
"""

Span = tuple[datetime, datetime]  # first and last moment
Key = tuple[int, str]  # project id, canonical name
Row = tuple[int, int | None]  # id of the row, id of the linked environment


def resolve_environments(records: Sequence[EventRecord]) -> None:
    """Sets each record's `project_environment_id`; creates rows for new names."""
    projects = {record.project_id for record in records}
    canonical = _canonical(projects)
    links = dict(canonical.values())
    keys = [_key(record, canonical) for record in records]
    spans: dict[Key, Span] = {}
    for record, key in zip(records, keys, strict=True):
        spans[key] = widened(spans.get(key), record.occurred_at)
    rows = _rows(projects)
    if missing := sorted(spans.keys() - rows.keys()):
        targets = _targets(missing, rows, links)
        _create([(*target, links.get(target), *spans[key]) for key, target in targets.items()])
        rows = _rows(projects)
        rows |= {key: rows[target] for key, target in targets.items()}
    _relink(rows, links)
    for record, key in zip(records, keys, strict=True):
        record.project_environment_id = rows[key][0]


def touch_environments(records: Sequence[EventRecord]) -> None:
    """Updates first and last event times where they are wrong by more than STALE."""
    spans: dict[int, Span] = {}
    for record in records:
        spans[record.project_environment_id] = widened(spans.get(record.project_environment_id), record.occurred_at)
    rows = ProjectEnvironment.objects.filter(id__in=spans).values_list("id", "first_event_at", "last_event_at")
    stale = sorted(pk for pk, first, last in rows if _is_stale(spans[pk], first, last))
    if not stale:
        return
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [stale])
        cursor.execute(TOUCH, [stale, [spans[pk][0] for pk in stale], [spans[pk][1] for pk in stale]])


def _is_stale(span: Span, first: datetime | None, last: datetime | None) -> bool:
    return first is None or last is None or span[0] < first or span[1] > last + STALE


def widened(span: Span | None, moment: datetime) -> Span:
    """The span extended to include the moment; None is an empty span."""
    return (min(span[0], moment), max(span[1], moment)) if span else (moment, moment)


def _key(record: EventRecord, canonical: dict[Key, tuple[Key, int]]) -> Key:
    key = (record.project_id, record.environment.lower())
    return canonical[key][0] if key in canonical else (record.project_id, record.environment)


def _canonical(projects: set[int]) -> dict[Key, tuple[Key, int]]:
    """(project, slug or alias in lower case) -> ((project, slug), environment id) over the projects' systems."""
    systems = Project.objects.filter(id__in=projects, app__isnull=False).values_list("id", "app__system_id")
    by_system: dict[int, list[int]] = {}
    for project, system in systems:
        by_system.setdefault(system, []).append(project)
    known = Environment.objects.filter(system_id__in=by_system).values_list("id", "system_id", "slug", "aliases")
    return {
        (project, name.lower()): ((project, slug), pk)
        for pk, system, slug, aliases in known
        for project in by_system[system]
        for name in (*aliases, slug)
    }


def _rows(projects: Iterable[int]) -> dict[Key, Row]:
    rows = ProjectEnvironment.objects.filter(project_id__in=projects)
    return {(row.project_id, row.name): (row.id, row.environment_id) for row in rows}


def _targets(missing: list[Key], rows: dict[Key, Row], links: dict[Key, int]) -> dict[Key, Key]:
    """By missing key, the key of its row: its own, or `other` once the project has MAX_NAMES."""
    used = Counter(project for project, _ in rows)
    targets: dict[Key, Key] = {}
    for key in missing:
        project = key[0]
        used[project] += 1
        targets[key] = key if key in links or used[project] <= MAX_NAMES else (project, OTHER)
    return targets


def _create(rows: list[tuple[int, str, int | None, datetime, datetime]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE, [list(column) for column in zip(*rows, strict=True)])


def _relink(rows: dict[Key, Row], links: dict[Key, int]) -> None:
    """Links rows that were created before their environment."""
    for key, (pk, environment) in rows.items():
        if environment is None and key in links:
            ProjectEnvironment.objects.filter(pk=pk).update(environment_id=links[key])
