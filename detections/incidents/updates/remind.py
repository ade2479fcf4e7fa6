"""Reminds of the next update that was promised."""

from __future__ import annotations

import logging
from datetime import datetime

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import InterfaceError, OperationalError, transaction

from detections.alerts.channels.incident_facts import minute
from detections.incidents.models import Incident
from detections.incidents.record.write import append
from detections.incidents.timeline_models import TimelineLine
from detections.incidents.updates.promise import GOES_ON
from detections.incidents.updates.tell import remind

logger = logging.getLogger(__name__)
AT_ONCE = 200  # of a run; the next takes the rest
NOT_KEPT = "{} was promised an update for {}, and none came: write one, or say when it comes."


def remind_of_updates(now: datetime) -> int:
    """Queues a reminder for each open incident whose next update is due; how many. Each is a transaction of its own, so
    that a fault in one, which is logged, holds up no other."""
    due = Incident.objects.filter(status__in=GOES_ON, next_update_at__lte=now, update_reminded_at__isnull=True)
    return sum(_guarded(pk, now) for pk in due.order_by("next_update_at").values_list("pk", flat=True)[:AT_ONCE])


def _guarded(incident_id: int, now: datetime) -> bool:
    try:
        return _remind(incident_id, now)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception:
        logger.exception("the reminder of INC-%s failed; the next run tries again", incident_id)
        return False


@transaction.atomic
def _remind(incident_id: int, now: datetime) -> bool:
    """Whether it was this run that reminded: of several, one does, and none where an update came meanwhile."""
    rows = Incident.objects.filter(status__in=GOES_ON, next_update_at__lte=now, update_reminded_at__isnull=True)
    locked = rows.select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("commander")
    incident = locked.filter(pk=incident_id).first()
    if incident is None or incident.next_update_at is None:
        return False
    promised = minute(incident.next_update_at.isoformat())
    incident.update_reminded_at = now
    incident.save(update_fields=["update_reminded_at"])
    told = remind(incident, NOT_KEPT.format(incident.name, promised), now)
    append(incident, now, f"The update promised for {promised} is due; {told}", actor="", kind=TimelineLine.Kind.UPDATE)
    return True
