"""Counts items that were received and not stored, and items that clients dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from detections.telemetry.records import Drop

ADD = """
INSERT INTO detections_discard (project_id, hour, reason, category, n)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::text[], %s::bigint[])
    AS drops (project_id, hour, reason, category, n)
WHERE EXISTS (SELECT FROM detections_project WHERE id = drops.project_id)
ON CONFLICT (project_id, hour, reason, category) DO UPDATE SET n = detections_discard.n + excluded.n
"""


def add_discards(drops: Iterable[Drop]) -> None:
    """Adds each drop to the count of its hour. Keys may be repeated; rows are locked in one order.

    The drops of a project that was deleted meanwhile are left out: nobody can see them any more.
    """
    total: Counter[tuple[int, datetime, str, str]] = Counter()
    for drop in drops:
        total[drop.project_id, drop.hour, drop.reason[:60], drop.category[:30]] += drop.n
    if not total:
        return
    rows = sorted((*key, n) for key, n in total.items())
    with connection.cursor() as cursor:
        cursor.execute(ADD, [list(column) for column in zip(*rows, strict=True)])
