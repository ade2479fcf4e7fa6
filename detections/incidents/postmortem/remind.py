"""Reminds of postmortems that are due."""

from __future__ import annotations

import logging
from datetime import datetime

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from detections.incidents.models import Incident
from detections.incidents.postmortem.due import BEFORE, reminder
from detections.incidents.postmortem_models import PostmortemVersion
from detections.incidents.record.write import append
from detections.incidents.updates.tell import remind

logger = logging.getLogger(__name__)
AT_ONCE = 200  # of a run; the next takes the rest
WORDS = {"soon": "is due on {due}", "due": "was due on {due}, and is not finished"}


def remind_of_postmortems(now: datetime) -> int:
    """Queues a reminder to the commander's targets for each unfinished postmortem that is due, or soon is; how many.
    Each is a transaction of its own, so that a fault in one, which is logged, holds up no other."""
    ids = list(_waiting(now).order_by("postmortem_due_at").values_list("pk", flat=True)[:AT_ONCE])
    return sum(_guarded(pk, now) for pk in ids)


def _waiting(now: datetime) -> QuerySet[Incident]:
    """Those that a reminder is due for (index incident_postmortem_due)."""
    newest = PostmortemVersion.objects.filter(incident=OuterRef("pk")).order_by("-number").values("finished")[:1]
    rows = Incident.objects.filter(status=Incident.Status.POSTMORTEM_DUE, postmortem_due_at__lte=now + BEFORE).annotate(
        finished=Subquery(newest)
    )
    due = F("postmortem_due_at")
    unreminded = Q(postmortem_reminded_at__isnull=True) | Q(postmortem_reminded_at__lt=due - BEFORE)
    unreminded |= Q(postmortem_due_at__lte=now, postmortem_reminded_at__lt=due)
    return rows.filter(unreminded, Q(finished__isnull=True) | Q(finished=False))


def _guarded(incident_id: int, now: datetime) -> bool:
    try:
        return _remind(incident_id, now)
    except (OperationalError, InterfaceError, SoftTimeLimitExceeded):
        raise
    except Exception:
        logger.exception("the reminder of the postmortem of INC-%s failed; the next run tries again", incident_id)
        return False


@transaction.atomic
def _remind(incident_id: int, now: datetime) -> bool:
    """Whether it was this run that reminded: of several, one does."""
    rows = _waiting(now).select_for_update(skip_locked=True, no_key=True, of=("self",)).select_related("commander")
    incident = rows.filter(pk=incident_id).first()
    if incident is None or incident.postmortem_due_at is None:
        return False
    which = reminder(incident.postmortem_due_at, incident.postmortem_reminded_at, now)
    if which is None:
        return False
    incident.postmortem_reminded_at = now
    incident.save(update_fields=["postmortem_reminded_at"])
    said = WORDS[which].format(due=f"{incident.postmortem_due_at:%Y-%m-%d %H:%M} UTC")
    address = settings.PUBLIC_URL + reverse("incident_postmortem", args=[incident.pk])
    told = remind(incident, f"The postmortem of {incident.name} {said}: {address}", now)
    append(incident, now, f"The postmortem {said}; {told}", actor="")
    return True
