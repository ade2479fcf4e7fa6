"""Messages that failed do not wait for their next try when their target works again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max, Min, QuerySet

from detections.alerts.delivery.backoff import pause
from detections.alerts.delivery_models import Delivery
from detections.alerts.targets.results import Recovered


def hasten(recovered: Collection[Recovered], now: datetime) -> None:
    """Makes what waits for these targets due, each message once, after its first delay, which is short: one that fails
    by itself, while others arrive, keeps its delays from then on. Those for which the receiver named a time wait for
    that. The sender's pace holds as ever. Two queries, where there is any target."""
    before = {target.target_id: target.last_success_at for target in recovered}
    if not before:
        return
    waiting = _failed().filter(target__in=before, next_attempt_at__gt=now)
    tried = waiting.annotate(first=Min("attempts__at"), last=Max("attempts__at"))
    due = [
        pk
        for pk, target, tries, at, first, last in tried.values_list(
            "pk", "target_id", "tries", "next_attempt_at", "first", "last"
        )
        if first is not None and first >= (before[target] or first) and at <= last + pause(pk, tries)
    ]
    if due:
        # Another sender has the rows that are locked; they are due already.
        free = _failed().filter(pk__in=due).select_for_update(no_key=True, skip_locked=True)
        Delivery.objects.filter(pk__in=free.values("pk")).update(next_attempt_at=now)


def _failed() -> QuerySet[Delivery]:
    return Delivery.objects.filter(status=Delivery.Status.QUEUED, tries__gt=1)
