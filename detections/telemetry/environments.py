"""Project environments of events: linked by slug or alias, kept when unknown, limited in number per project.

A name takes one of its project's MAX_NAMES places and holds it as a series does (`places`). Names that are linked or
that a rule in force names need none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from bootstrap.systems.environment_names import folded
from bootstrap.systems.models import Environment
from detections.telemetry.models import Project, ProjectEnvironment
from detections.telemetry.places.rule_selection import environment_names
from detections.telemetry.places.times import KEPT, RENEWED
from detections.telemetry.records import EventRecord

# Per project. A client that sends a branch or a host name must not fill the filters of every page.
MAX_NAMES = 50
OTHER = "other"
# `last_event_at` may lag by this much: if every batch wrote it, all digests would wait for one row.
STALE = timedelta(seconds=5)

CREATE = """
INSERT INTO detections_projectenvironment (project_id, name, environment_id, first_event_at, last_event_at, placed_at)
SELECT * FROM unnest(
    %s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (project_id, name) DO NOTHING
"""
# Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes: two digests would
# deadlock at the start of an hour.
LOCK = "SELECT id FROM detections_projectenvironment WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
TOUCH = """
UPDATE detections_projectenvironment AS row
SET first_event_at = least(row.first_event_at, seen.first), last_event_at = greatest(row.last_event_at, seen.last),
    placed_at = CASE WHEN row.placed_at > seen.received - %s THEN row.placed_at ELSE seen.received END
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])
    AS seen (id, first, last, received)
WHERE row.id = seen.id
"""

Span = tuple[datetime, datetime]  # first and last moment
Key = tuple[int, str]  # project id, canonical name


class _Row(NamedTuple):
    """An environment's row: its id, that of the linked environment, and when it took its place."""

    id: int
    environment_id: int | None
    placed_at: datetime | None


def resolve_environments(records: Sequence[EventRecord]) -> None:
    """Sets each record's `project_environment_id`; creates rows for new names."""
    projects = {record.project_id for record in records}
    now = max(record.received_at for record in records)
    canonical = canonical_names(projects)
    links = dict(canonical.values())
    keys = [_key(record, canonical) for record in records]
    spans: dict[Key, Span] = {}
    for record, key in zip(records, keys, strict=True):
        spans[key] = widened(spans.get(key), record.occurred_at)
    rows = _rows(projects)
    lacking = sorted(key for key in spans if key not in links and not _has_place(rows.get(key), now))
    targets = _targets(lacking, rows, now) if lacking else {}
    wanted = {key: targets.get(key, key) for key in spans}
    if missing := sorted(set(wanted.values()) - rows.keys()):
        _create([(*key, links.get(key), *_span(key, wanted, spans), now) for key in missing])
        rows = _rows(projects)
    _relink(rows, links)
    for record, key in zip(records, keys, strict=True):
        record.project_environment_id = rows[wanted[key]].id


def touch_environments(records: Sequence[EventRecord]) -> None:
    """Updates first and last event times where they are wrong by more than STALE, and renews places."""
    spans: dict[int, Span] = {}
    for record in records:
        spans[record.project_environment_id] = widened(spans.get(record.project_environment_id), record.occurred_at)
    now = max(record.received_at for record in records)
    rows = ProjectEnvironment.objects.filter(id__in=spans)
    stale = sorted(
        pk
        for pk, first, last, placed_at in rows.values_list("id", "first_event_at", "last_event_at", "placed_at")
        if _is_stale(spans[pk], first, last) or placed_at is None or placed_at < now - RENEWED
    )
    if not stale:
        return
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [stale])
        first, last = [spans[pk][0] for pk in stale], [spans[pk][1] for pk in stale]
        parameters: list[Any] = [RENEWED, stale, first, last, [now] * len(stale)]
        cursor.execute(TOUCH, parameters)


def _is_stale(span: Span, first: datetime | None, last: datetime | None) -> bool:
    return first is None or last is None or span[0] < first or span[1] > last + STALE


def widened(span: Span | None, moment: datetime) -> Span:
    """The span extended to include the moment; None is an empty span."""
    return (min(span[0], moment), max(span[1], moment)) if span else (moment, moment)


def _key(record: EventRecord, canonical: dict[Key, tuple[Key, int]]) -> Key:
    key = (record.project_id, folded(record.environment))
    return canonical[key][0] if key in canonical else (record.project_id, record.environment)


def canonical_names(projects: Collection[int]) -> dict[Key, tuple[Key, int]]:
    """(project, slug or alias, folded) -> ((project, slug), environment id) over the projects' systems."""
    systems = Project.objects.filter(id__in=projects, app__isnull=False).values_list("id", "app__system_id")
    by_system: dict[int, list[int]] = {}
    for project, system in systems:
        by_system.setdefault(system, []).append(project)
    known = Environment.objects.filter(system_id__in=by_system).values_list("id", "system_id", "slug", "aliases")
    return {
        (project, folded(name)): ((project, slug), pk)
        for pk, system, slug, aliases in known
        for project in by_system[system]
        for name in (*aliases, slug)
    }


def _rows(projects: Iterable[int]) -> dict[Key, _Row]:
    rows = ProjectEnvironment.objects.filter(project_id__in=projects).order_by()
    fields = rows.values_list("project_id", "name", "id", "environment_id", "placed_at")
    return {(project, name): _Row(pk, linked, placed_at) for project, name, pk, linked, placed_at in fields}


def _has_place(row: _Row | None, now: datetime) -> bool:
    return row is not None and row.placed_at is not None and row.placed_at >= now - KEPT


def _targets(lacking: Sequence[Key], rows: Mapping[Key, _Row], now: datetime) -> dict[Key, Key]:
    """By key without a place, the key of its row: its own where a rule names it, or a place is free; else `other`."""
    named = environment_names({project for project, _ in lacking})
    used = Counter(project for (project, _), row in rows.items() if _has_place(row, now))
    targets: dict[Key, Key] = {}
    for key in lacking:
        project = key[0]
        used[project] += key not in named
        targets[key] = key if key in named or used[project] <= MAX_NAMES else (project, OTHER)
    return targets


def _span(target: Key, wanted: Mapping[Key, Key], spans: Mapping[Key, Span]) -> Span:
    """The span of all events that get the target's row."""
    spans_of = [span for key, span in spans.items() if wanted[key] == target]
    return (min(first for first, _ in spans_of), max(last for _, last in spans_of))


def _create(rows: list[tuple[int, str, int | None, datetime, datetime, datetime]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CREATE, [list(column) for column in zip(*rows, strict=True)])


def _relink(rows: Mapping[Key, _Row], links: dict[Key, int]) -> None:
    """Links rows that were created before their environment."""
    for key, row in rows.items():
        if row.environment_id is None and key in links:
            ProjectEnvironment.objects.filter(pk=row.id).update(environment_id=links[key])
