"""Finds or creates issues by fingerprint, updates their counts and times, reopens resolved ones that recur."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from detections.telemetry.issue_log import IssueLog
from detections.telemetry.models import Issue
from detections.telemetry.records import EventRecord

# Distinct users of an issue are counted exactly up to this number; above, the page shows "10,000+".
MAX_USERS = 10_000

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
LOCK = "SELECT id, users, status FROM detections_issue WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
ADVANCE = """
UPDATE detections_issue AS issue
SET events = issue.events + new.n, users = issue.users + new.users,
    first_seen = least(issue.first_seen, new.first), last_seen = greatest(issue.last_seen, new.last),
    last_release = CASE WHEN new.release = '' OR new.last < issue.last_seen THEN issue.last_release
                        ELSE new.release END,
    regressed_at = CASE WHEN issue.status = 'resolved' THEN new.last ELSE issue.regressed_at END,
    status = CASE WHEN issue.status = 'resolved' THEN 'unresolved' ELSE issue.status END
FROM unnest(%s::bigint[], %s::int[], %s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    AS new (id, n, users, first, last, release)
WHERE issue.id = new.id
"""
ADD_USERS = """
INSERT INTO detections_issueuser (issue_id, user_hash) SELECT * FROM unnest(%s::bigint[], %s::bigint[])
ON CONFLICT (issue_id, user_hash) DO NOTHING RETURNING issue_id
"""
ADD_HOURS = """
INSERT INTO detections_issuehour (issue_id, project_environment_id, hour, n)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::timestamptz[], %s::int[])
ON CONFLICT (issue_id, project_environment_id, hour) DO UPDATE SET n = detections_issuehour.n + excluded.n
"""

GroupKey = tuple[int, str]  # project id, fingerprint


@dataclass(slots=True)
class _Advance:
    """What a batch adds to one issue: events, their first and last time, the release of the last one."""

    n: int
    first: datetime
    last: datetime
    release: str


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


def advance_issues(records: Sequence[EventRecord]) -> None:
    """Adds the records to the counts, times, users and hours of their issues. Reopens resolved issues (regression)."""
    advances: dict[int, _Advance] = {}
    for record in records:
        _take(advances, record)
    order = sorted(advances)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [order])
        locked: list[tuple[int, int, str]] = cursor.fetchall()
    new_users = _add_users(records, {pk: users for pk, users, _ in locked})
    _log_regressed([pk for pk, _, status in locked if status == Issue.Status.RESOLVED], advances)
    with connection.cursor() as cursor:
        rows = [(pk, a.n, new_users[pk], a.first, a.last, a.release) for pk in order for a in [advances[pk]]]
        cursor.execute(ADVANCE, _columns(rows))
        hours = Counter((r.issue_id, r.project_environment_id, r.hour) for r in records)
        cursor.execute(ADD_HOURS, _columns([(*key, n) for key, n in sorted(hours.items())]))


def _log_regressed(regressed: Sequence[int], advances: Mapping[int, _Advance]) -> None:
    if regressed:
        old, new = Issue.Status.RESOLVED, Issue.Status.UNRESOLVED
        IssueLog.objects.bulk_create(
            IssueLog(issue_id=pk, at=advances[pk].last, actor_name="digest: it came back", old=old, new=new)
            for pk in regressed
        )


def _take(advances: dict[int, _Advance], record: EventRecord) -> None:
    known = advances.get(record.issue_id)
    if known is None:
        advances[record.issue_id] = _Advance(1, record.occurred_at, record.occurred_at, record.release)
        return
    known.n += 1
    known.first = min(known.first, record.occurred_at)
    if record.occurred_at >= known.last:
        known.last, known.release = record.occurred_at, record.release or known.release


def _find(keys: dict[GroupKey, EventRecord]) -> dict[GroupKey, int]:
    with connection.cursor() as cursor:
        cursor.execute(FIND, [[project for project, _ in keys], [fingerprint for _, fingerprint in keys]])
        return {(project, fingerprint): issue for project, fingerprint, issue in cursor.fetchall()}


def _create(missing: Sequence[GroupKey], samples: dict[GroupKey, EventRecord]) -> None:
    issues = Issue.objects.bulk_create([_new(samples[key]) for key in missing])
    made = {issue.pk for issue in issues}
    rows = [(*key, issue.pk) for key, issue in zip(missing, issues, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, _columns(rows))
        made -= {issue for (issue,) in cursor.fetchall()}
    if made:
        Issue.objects.filter(pk__in=made, groupings__isnull=True).delete()


def _new(record: EventRecord) -> Issue:
    return Issue(
        project_id=record.project_id,
        title=record.title,
        exception_type=record.exception_type,
        value=record.message[:2000],
        culprit=record.culprit,
        level=record.level,
        grouping=record.grouping,
        first_seen=record.occurred_at,
        last_seen=record.occurred_at,
        first_release=record.release,
        last_release=record.release,
    )


def _add_users(records: Sequence[EventRecord], known: dict[int, int]) -> Counter[int]:
    """By issue id, the number of users that are new to it; none are added once MAX_USERS are known."""
    pairs = {(r.issue_id, r.user_hash) for r in records if r.user_hash is not None and known[r.issue_id] < MAX_USERS}
    if not pairs:
        return Counter()
    with connection.cursor() as cursor:
        cursor.execute(ADD_USERS, _columns(sorted(pairs)))
        return Counter(issue for (issue,) in cursor.fetchall())


def _columns(rows: Sequence[tuple[object, ...]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
