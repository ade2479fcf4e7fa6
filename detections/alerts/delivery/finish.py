"""Ends leases: all outcomes of a batch in one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from detections.alerts.delivery_models import Delivery

# A lease is known by its end and the number of tries: one that expired, and was taken by another sender, is left alone.
FINISH = """
UPDATE detections_delivery AS delivery
SET status = new.status, lease_until = NULL, channel = new.channel, next_attempt_at = new.next_attempt_at,
    sent_at = coalesce(new.sent_at, delivery.sent_at), receipt = coalesce(new.receipt, delivery.receipt)
FROM unnest(
    %s::bigint[], %s::int[], %s::timestamptz[], %s::text[], %s::text[],
    %s::timestamptz[], %s::timestamptz[], %s::jsonb[]
) AS new (id, tries, lease_until, status, channel, next_attempt_at, sent_at, receipt)
WHERE delivery.id = new.id AND delivery.status = 'sending'
    AND delivery.tries = new.tries AND delivery.lease_until = new.lease_until
RETURNING delivery.id
"""


class Finished(NamedTuple):
    """What becomes of a leased message. None for `sent_at` and `receipt`: they stay as they are."""

    status: str
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    receipt: Mapping[str, str] | None = None


def finish(leased: Sequence[tuple[Delivery, Finished]]) -> set[int]:
    """Ids of the messages whose lease was still this sender's. One statement. Load the targets with the messages."""
    if not leased:
        return set()
    rows = [_row(delivery, after) for delivery, after in sorted(leased, key=lambda pair: pair[0].pk)]
    with connection.cursor() as cursor:
        cursor.execute(FINISH, [list(column) for column in zip(*rows, strict=True)])
        return {pk for (pk,) in cursor.fetchall()}


def _row(delivery: Delivery, after: Finished) -> tuple[Any, ...]:
    receipt = None if after.receipt is None else json.dumps(dict(after.receipt))
    known = (delivery.pk, delivery.tries, delivery.lease_until)
    return (*known, str(after.status), delivery.target.channel, after.next_attempt_at, after.sent_at, receipt)
