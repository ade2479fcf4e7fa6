"""What the last attempts to reach a target gave."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from detections.alerts.channels.notification import DeliveryOutcome, Sent
from detections.alerts.routing_models import Target

# One statement that takes the targets in one order: senders that note results of the same targets would otherwise wait
# for each other for ever.
RECORD = """
INSERT INTO detections_targetresult AS known (target_id, last_success_at, last_error_at, last_error)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::text[])
ON CONFLICT (target_id) DO UPDATE SET
    last_success_at = coalesce(excluded.last_success_at, known.last_success_at),
    last_error_at = coalesce(excluded.last_error_at, known.last_error_at),
    last_error = CASE WHEN excluded.last_error_at IS NULL THEN known.last_error ELSE excluded.last_error END
"""


def record_results(outcomes: Iterable[tuple[Target, DeliveryOutcome]], now: datetime) -> None:
    """Notes at each target the time of a success, and an error with its time. At most one statement."""
    successes: set[int] = set()
    errors: dict[int, str] = {}
    for target, outcome in outcomes:
        if isinstance(outcome, Sent):
            successes.add(target.pk)
        else:
            errors[target.pk] = outcome.response
    targets = sorted({*successes, *errors})
    if not targets:
        return
    succeeded = [now if target in successes else None for target in targets]
    failed = [now if target in errors else None for target in targets]
    with connection.cursor() as cursor:
        cursor.execute(RECORD, [targets, succeeded, failed, [errors.get(target, "") for target in targets]])
