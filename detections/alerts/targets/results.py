"""What the last attempts to reach a target gave."""

from __future__ import annotations

from datetime import datetime

from detections.alerts.channels.notification import DeliveryOutcome, Sent
from detections.alerts.routing_models import Target, TargetResult


def record_result(target: Target, outcome: DeliveryOutcome, now: datetime) -> None:
    """Notes the time of a success, or the error and its time. One statement."""
    if isinstance(outcome, Sent):
        result = TargetResult(target=target, last_success_at=now)
        fields = ["last_success_at"]
    else:
        result = TargetResult(target=target, last_error_at=now, last_error=outcome.response)
        fields = ["last_error_at", "last_error"]
    TargetResult.objects.bulk_create([result], update_conflicts=True, unique_fields=["target"], update_fields=fields)
