"""Adds a batch to the figures of issues in each environment and of each release, and to the users they affect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from detections.telemetry.issues.models import IssueEnvironment
from detections.telemetry.records import EventRecord
from detections.telemetry.releases.keep import OTHER, ReleaseKey

# Distinct users of an issue in an environment are counted exactly up to this number; above, pages show "10,000+".
MAX_USERS = 10_000

# The issues' rows are locked: no other digest adds users to them. What is selected does not see what is inserted.
ADD_USERS = """
WITH added AS (
    INSERT INTO detections_issueuser (issue_id, project_environment_id, user_hash)
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[])
    ON CONFLICT (issue_id, user_hash, project_environment_id) DO NOTHING
    RETURNING issue_id, project_environment_id, user_hash
)
SELECT issue_id, project_environment_id, user_hash, NOT EXISTS (
    SELECT FROM detections_issueuser AS known
    WHERE known.issue_id = added.issue_id AND known.user_hash = added.user_hash
) FROM added
"""
ADD_ENVIRONMENTS = """
INSERT INTO detections_issueenvironment AS row
    (issue_id, project_environment_id, events, users, first_seen, last_seen)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (issue_id, project_environment_id) DO UPDATE SET
    events = row.events + excluded.events, users = row.users + excluded.users,
    first_seen = least(row.first_seen, excluded.first_seen), last_seen = greatest(row.last_seen, excluded.last_seen)
"""
ADD_RELEASES = """
INSERT INTO detections_issuerelease AS row
    (issue_id, project_environment_id, release, events, first_seen, last_seen)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (issue_id, project_environment_id, release) DO UPDATE SET
    events = row.events + excluded.events,
    first_seen = least(row.first_seen, excluded.first_seen), last_seen = greatest(row.last_seen, excluded.last_seen)
"""

Place = tuple[int, int]  # issue id, project environment id


class NewUsers(NamedTuple):
    """How many users are new to an issue, by its id, and to an issue in an environment."""

    of_issue: Counter[int]
    of_place: Counter[Place]


@dataclass(slots=True)
class _Figures:
    """Events of a batch, and when the first and the last of them occurred."""

    events: int
    first: datetime
    last: datetime

    def add(self, events: int, first: datetime, last: datetime) -> None:
        self.events += events
        self.first = min(self.first, first)
        self.last = max(self.last, last)

    def row(self) -> tuple[int, datetime, datetime]:
        return self.events, self.first, self.last


def add_users(records: Sequence[EventRecord], known: Mapping[int, int]) -> NewUsers:
    """Keeps the users of the records; `known` are the users of each issue. Requires locks on the issues' rows.

    None are added to an issue and environment once MAX_USERS are known there.
    """
    rows = {(r.issue_id, r.project_environment_id, r.user_hash) for r in records if r.user_hash is not None}
    full = _full([pk for pk, users in known.items() if users >= MAX_USERS])
    added = sorted(row for row in rows if row[:2] not in full)
    new = NewUsers(Counter(), Counter())
    if not added:
        return new
    with connection.cursor() as cursor:
        cursor.execute(ADD_USERS, columns(added))
        found: list[tuple[int, int, int, bool]] = cursor.fetchall()
    new.of_place.update((issue, place) for issue, place, _, _ in found)
    new.of_issue.update(issue for issue, _ in {(issue, user) for issue, _, user, is_new in found if is_new})
    return new


def add_figures(records: Sequence[EventRecord], new_users: NewUsers, folded: Container[ReleaseKey]) -> None:
    """Adds the records to the figures of their issues, by environment, and by release where they name one."""
    releases: dict[tuple[int, int, str], _Figures] = {}
    for record in records:
        release = record.release
        if folded and ReleaseKey(record.project_environment_id, release) in folded:
            release = OTHER
        at, key = record.occurred_at, (record.issue_id, record.project_environment_id, release)
        if known := releases.get(key):
            known.add(1, at, at)
        else:
            releases[key] = _Figures(1, at, at)
    places: dict[Place, _Figures] = {}
    for (issue, place, _), figures in releases.items():
        places.setdefault((issue, place), _Figures(0, figures.first, figures.last)).add(*figures.row())
    with connection.cursor() as cursor:
        rows = [(*key, each.events, new_users.of_place[key], each.first, each.last) for key, each in places.items()]
        cursor.execute(ADD_ENVIRONMENTS, columns(sorted(rows)))
        if named := sorted((*key, *figures.row()) for key, figures in releases.items() if key[2]):
            cursor.execute(ADD_RELEASES, columns(named))


def columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    """The rows as arrays, one a column."""
    return [list(column) for column in zip(*rows, strict=True)]


def _full(issue_ids: Sequence[int]) -> set[Place]:
    """Of issues with many users, the environments in which no more are added."""
    if not issue_ids:
        return set()
    rows = IssueEnvironment.objects.filter(issue__in=issue_ids, users__gte=MAX_USERS)
    return set(rows.values_list("issue_id", "project_environment_id"))


def users_in_words(number: int) -> str:
    """`1,234`; `10,000+` where no more are counted."""
    return f"{MAX_USERS:,}+" if number >= MAX_USERS else f"{number:,}"
