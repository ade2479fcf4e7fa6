"""What the last attempts to reach a target gave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from detections.alerts.channels.notification import DeliveryOutcome, Sent
from detections.alerts.routing_models import Target

# One statement that takes the targets in one order: senders that note results of the same targets would otherwise wait
# for each other for ever. It reads the results as they were before it: of two senders at once both may see that a
# target works again.
RECORD = """
WITH noted AS (
    INSERT INTO detections_targetresult AS known (target_id, last_success_at, last_error_at, last_error)
    SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[])
    ON CONFLICT (target_id) DO UPDATE SET
        last_success_at = coalesce(excluded.last_success_at, known.last_success_at),
        last_error_at = coalesce(excluded.last_error_at, known.last_error_at),
        last_error = CASE WHEN excluded.last_error_at IS NULL THEN known.last_error ELSE excluded.last_error END
)
SELECT target_id, last_success_at FROM detections_targetresult
WHERE target_id = ANY(%s) AND last_error_at >= coalesce(last_success_at, last_error_at)
"""


class Recovered(NamedTuple):
    """A target that took a message after its last attempt had failed, and when it took one before; None: never."""

    target_id: int
    last_success_at: datetime | None


def record_results(outcomes: Iterable[tuple[Target, DeliveryOutcome]], now: datetime) -> list[Recovered]:
    """Notes at each target the time of a success, and an error with its time; returns those that work again. At most
    one statement."""
    successes: set[int] = set()
    errors: dict[int, str] = {}
    for target, outcome in outcomes:
        if isinstance(outcome, Sent):
            successes.add(target.pk)
        else:
            errors[target.pk] = outcome.response
    targets = sorted({*successes, *errors})
    if not targets:
        return []
    succeeded = [now if target in successes else None for target in targets]
    failed = [now if target in errors else None for target in targets]
    texts = [errors.get(target, "") for target in targets]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [targets, succeeded, failed, texts, sorted(successes)])
        return [Recovered(*row) for row in cursor.fetchall()]
