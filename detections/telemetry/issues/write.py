"""Finds or creates issues by fingerprint, updates their counts and times, reopens resolved ones that recur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from detections.telemetry.issues.figures import add_figures, add_users, columns
from detections.telemetry.issues.log import IssueLog
from detections.telemetry.issues.texts import keep_texts
from detections.telemetry.models import Issue
from detections.telemetry.records import EventRecord
from detections.telemetry.releases.keep import ReleaseKey

MAX_VALUE = 2000  # characters of an issue's value

FIND = """
SELECT project_id, fingerprint, issue_id FROM detections_grouping
JOIN unnest(%s::bigint[], %s::text[]) AS wanted (project_id, fingerprint) USING (project_id, fingerprint)
"""
# Of two digests with the same new fingerprint the second waits here and then uses the issue of the first.
CLAIM = """
INSERT INTO detections_grouping (project_id, fingerprint, issue_id)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
ON CONFLICT (project_id, fingerprint) DO NOTHING RETURNING issue_id
"""
# Not FOR UPDATE, which conflicts with the key-share lock that inserting a referencing row takes: two digests would
# deadlock at the start of an hour.
LOCK = "SELECT id, users, status, status_since FROM detections_issue WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
# What people read of an issue is its newest event's: where messages differ, what happens now. As in Sentry.
ADVANCE = """
UPDATE detections_issue AS issue
SET events = issue.events + new.n, users = issue.users + new.users,
    first_seen = least(issue.first_seen, new.first), last_seen = greatest(issue.last_seen, new.last),
    first_release = CASE WHEN new.first_release = '' OR new.first > issue.first_seen THEN issue.first_release
                         ELSE new.first_release END,
    last_release = CASE WHEN new.release = '' OR new.last < issue.last_seen THEN issue.last_release
                        ELSE new.release END,
    title = CASE WHEN new.last < issue.last_seen THEN issue.title ELSE new.title END,
    exception_type = CASE WHEN new.last < issue.last_seen THEN issue.exception_type ELSE new.exception_type END,
    value = CASE WHEN new.last < issue.last_seen THEN issue.value ELSE new.value END,
    culprit = CASE WHEN new.last < issue.last_seen THEN issue.culprit ELSE new.culprit END,
    level = CASE WHEN new.last < issue.last_seen THEN issue.level ELSE new.level END,
    regressed_at = coalesce(new.reopened, issue.regressed_at),
    status_since = coalesce(new.reopened, issue.status_since),
    status = CASE WHEN new.reopened IS NULL THEN issue.status ELSE 'unresolved' END
FROM unnest(
    %s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]
) AS new (id, n, users, first, last, reopened, first_release, release, title, exception_type, value, culprit, level)
WHERE issue.id = new.id
"""
ADD_HOURS = """
INSERT INTO detections_issuehour (issue_id, project_environment_id, hour, n)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::int[])
ON CONFLICT (issue_id, project_environment_id, hour) DO UPDATE SET n = detections_issuehour.n + excluded.n
"""

GroupKey = tuple[int, str]  # project id, fingerprint


class _Locked(NamedTuple):
    """What is known of an issue whose row is locked."""

    users: int
    status: str
    since: datetime | None


@dataclass(slots=True)
class _Advance:
    """What a batch adds to one issue: the number of its events, the first and the last, and the release of each."""

    n: int
    first: datetime
    first_release: str
    newest: EventRecord
    release: str

    def columns(self) -> tuple[object, ...]:
        """The release of the first and of the last, and the texts of the newest, in the order of ADVANCE."""
        newest = self.newest
        texts = (newest.title, newest.exception_type, newest.message[:MAX_VALUE], newest.culprit, newest.level)
        return (self.first_release, self.release, *texts)


def resolve_issues(records: Sequence[EventRecord]) -> None:
    """Sets each record's `issue_id`; creates issues for fingerprints that are new to their project."""
    samples: dict[GroupKey, EventRecord] = {}
    for record in records:
        samples.setdefault((record.project_id, record.fingerprint), record)
    ids = _find(samples)
    missing = sorted(samples.keys() - ids.keys())
    if missing:
        _create(missing, samples)
        ids = _find(samples)
    for record in records:
        record.issue_id = ids[record.project_id, record.fingerprint]


def advance_issues(records: Sequence[EventRecord], folded: Container[ReleaseKey] = ()) -> None:
    """Adds the records to the counts, times, texts, users, hours and figures of their issues. Reopens issues that were
    resolved before one of their records occurred (regression). `folded`: releases that have no figures of their own."""
    advances: dict[int, _Advance] = {}
    for record in records:
        _take(advances, record)
    order = sorted(advances)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [order])
        locked = {pk: _Locked(*rest) for pk, *rest in cursor.fetchall()}
    new_users = add_users(records, {pk: row.users for pk, row in locked.items()})
    reopened = _reopened(records, locked)
    with connection.cursor() as cursor:
        rows = [
            (pk, a.n, new_users.of_issue[pk], a.first, a.newest.occurred_at, reopened.get(pk), *a.columns())
            for pk in order
            for a in [advances[pk]]
        ]
        cursor.execute(ADVANCE, columns(rows))
        hours = Counter((r.issue_id, r.project_environment_id, r.hour) for r in records)
        cursor.execute(ADD_HOURS, columns([(*key, n) for key, n in sorted(hours.items())]))
    add_figures(records, new_users, folded)
    keep_texts(records)


def _reopened(records: Sequence[EventRecord], locked: Mapping[int, _Locked]) -> dict[int, datetime]:
    """By issue id, when it came back: the first time after it was resolved that one of the records occurred. Logged.

    What occurred before, and was sent or digested late, is what the person had in view who resolved it.
    """
    came_back: dict[int, datetime] = {}
    resolved = {pk: row.since for pk, row in locked.items() if row.status == Issue.Status.RESOLVED}
    for record in records if resolved else ():
        pk, at = record.issue_id, record.occurred_at
        if pk in resolved and ((since := resolved[pk]) is None or at > since):
            came_back[pk] = min(at, came_back.get(pk, at))
    old, new = Issue.Status.RESOLVED, Issue.Status.UNRESOLVED
    if came_back:
        IssueLog.objects.bulk_create(
            IssueLog(issue_id=pk, at=at, actor_name="digest: it came back", old=old, new=new)
            for pk, at in sorted(came_back.items())
        )
    return came_back


def _take(advances: dict[int, _Advance], record: EventRecord) -> None:
    at, release = record.occurred_at, record.release
    known = advances.get(record.issue_id)
    if known is None:
        advances[record.issue_id] = _Advance(1, at, release, record, release)
        return
    known.n += 1
    if at < known.first:
        known.first, known.first_release = at, release or known.first_release
    if at >= known.newest.occurred_at:
        known.newest, known.release = record, release or known.release


def _find(keys: dict[GroupKey, EventRecord]) -> dict[GroupKey, int]:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [[project for project, _ in keys], [fingerprint for _, fingerprint in keys]])
        return {(project, fingerprint): issue for project, fingerprint, issue in cursor.fetchall()}


def _create(missing: Sequence[GroupKey], samples: dict[GroupKey, EventRecord]) -> None:
    issues = Issue.objects.bulk_create([_new(samples[key]) for key in missing])
    made = {issue.pk for issue in issues}
    rows = [(*key, issue.pk) for key, issue in zip(missing, issues, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, columns(rows))
        made -= {issue for (issue,) in cursor.fetchall()}
    if made:
        Issue.objects.filter(pk__in=made, groupings__isnull=True).delete()


def _new(record: EventRecord) -> Issue:
    return Issue(
        project_id=record.project_id,
        title=record.title,
        exception_type=record.exception_type,
        value=record.message[:MAX_VALUE],
        culprit=record.culprit,
        level=record.level,
        grouping=record.grouping,
        first_seen=record.occurred_at,
        last_seen=record.occurred_at,
        first_release=record.release,
        last_release=record.release,
    )
