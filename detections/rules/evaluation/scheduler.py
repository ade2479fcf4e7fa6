"""Slots: the ends of minutes. Made when they are due, claimed one by one, oldest first, each judged exactly once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from detections.rules.active_rules import JUDGED
from detections.rules.evaluation.run_evaluators import evaluate, lock
from detections.rules.evaluation.scopes import EvaluationRequest
from detections.rules.models import Scope, Slot
from opsconsole.lib.clock import MINUTE, floor_minute

logger = logging.getLogger(__name__)

LATENESS = timedelta(seconds=10)  # how long after its end a slot waits for events on their way (docs/decisions/0004)
SKEW = MINUTE  # two machines' clocks may differ by so much
CATCH_UP = timedelta(hours=24)  # older slots are skipped visibly: nobody is paged for yesterday
MOST_MADE = 35 * 24 * 60  # rows after a long outage: minute counts are not kept longer


def make_due(now: datetime) -> int:
    """Make the slots that have come due since the newest one (at the very first: the last one); returns how many."""
    _drop_ahead(now)
    newest = Slot.objects.order_by("-slot_end").values_list("slot_end", flat=True).first()
    last = floor_minute(now - LATENESS)
    number = 1 if newest is None else min(MOST_MADE, (last - newest) // MINUTE)
    ends = [last - i * MINUTE for i in range(number)]
    Slot.objects.bulk_create((Slot(slot_end=end, status=_status(end, now)) for end in ends), ignore_conflicts=True)
    Slot.objects.filter(status=Slot.Status.DUE, slot_end__lt=now - CATCH_UP).update(status=Slot.Status.SKIPPED)
    return max(0, number)


def ahead(now: datetime) -> QuerySet[Slot]:
    """Slots that only a clock that was set ahead can have made: the present one says that their minute is to come."""
    return Slot.objects.filter(slot_end__gt=now + SKEW)


def _drop_ahead(now: datetime) -> None:
    """Else nothing would be judged until the present reaches them. They are made anew when their minute is over."""
    dropped, _ = ahead(now).delete()
    if dropped:
        logger.warning("the clock was set back: slots that lay ahead of it are judged anew", extra={"rows": dropped})


def catch_up(now: datetime, most: int = 60) -> int:
    """Judge due slots, oldest first, `most` at once (some seconds); returns how many were judged."""
    for done in range(most):
        if run_next(now) is None:
            return done
    return most


@transaction.atomic
def run_next(now: datetime) -> datetime | None:
    """Judge the oldest due slot; returns its end, or None when there is none. Each slot is a transaction of its own,
    so a worker that is killed leaves it due."""
    lock()
    slot = Slot.objects.select_for_update(skip_locked=True).filter(status=Slot.Status.DUE).order_by("slot_end").first()
    if slot is None:
        return None
    evaluate(EvaluationRequest(slot.slot_end, now))
    slot.status, slot.evaluated_at = Slot.Status.DONE, now
    slot.scopes = Scope.objects.filter(rule__mode__in=JUDGED).count()
    slot.save(update_fields=["status", "evaluated_at", "scopes"])
    return slot.slot_end


def _status(end: datetime, now: datetime) -> Slot.Status:
    return Slot.Status.SKIPPED if end < now - CATCH_UP else Slot.Status.DUE
