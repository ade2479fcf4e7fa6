"""Keeps the words of an issue's messages, so that later events are found too and not only what is shown of the newest.

A batch costs one query; one statement more where an issue has a message that it did not have before. Of an issue that
has as many as are kept nothing is computed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection

from detections.telemetry.issues.words import MOST, template_key, vector
from detections.telemetry.records import EventRecord

MAX_TEXTS = 20

FIND = "SELECT issue_id, keys FROM detections_issuetext WHERE issue_id = ANY(%s)"
KEEP = """
INSERT INTO detections_issuetext AS row (issue_id, keys, words)
SELECT new.issue, new.keys::bigint[], new.words::tsvector
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new (issue, keys, words)
ON CONFLICT (issue_id) DO UPDATE SET keys = row.keys || excluded.keys, words = row.words || excluded.words
"""


def keep_texts(records: Sequence[EventRecord]) -> None:
    """Keeps the words of messages that are new to their issues. Requires locks on the issues' rows."""
    samples: dict[tuple[int, str, str], EventRecord] = {}
    for record in records:
        samples.setdefault((record.issue_id, record.exception_type, record.message[:MOST]), record)
    with connection.cursor() as cursor:
        cursor.execute(FIND, [sorted({issue for issue, _, _ in samples})])
        known = {issue: set(keys) for issue, keys in cursor.fetchall()}
    new: dict[int, dict[int, EventRecord]] = {}
    for (issue, kind, message), record in samples.items():
        kept, fresh = known.get(issue, set()), new.setdefault(issue, {})
        if len(kept) + len(fresh) < MAX_TEXTS and (key := template_key(kind, message)) not in kept:
            fresh.setdefault(key, record)
    _keep({issue: fresh for issue, fresh in new.items() if fresh})


def _keep(new: dict[int, dict[int, EventRecord]]) -> None:
    if new:
        order = sorted(new)
        keys = [f"{{{','.join(map(str, new[issue]))}}}" for issue in order]
        words = [vector(*(text for record in new[issue].values() for text in _texts(record))) for issue in order]
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [order, keys, words])


def _texts(record: EventRecord) -> Iterable[str]:
    """What the event is found by, each text once."""
    shown = (record.exception_type, record.message, record.culprit, record.route)
    title = () if record.title == f"{record.exception_type}: {record.message}" else (record.title,)
    return filter(None, dict.fromkeys((*shown, *title)))
