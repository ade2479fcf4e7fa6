"""Makes the daily summary that is due, with its messages, in one transaction: both or neither are there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, time
from uuid import uuid4
from zoneinfo import ZoneInfo

from billiard.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.summary_facts import SummarySection
from detections.alerts.delivery_models import Delivery
from detections.alerts.summary.models import DailySummary
from detections.alerts.summary.period import SummaryPeriod, next_period
from detections.alerts.summary.receivers import receivers
from detections.alerts.summary.section import SectionsOf
from detections.alerts.summary.sections import SummaryDay, facts_of
from detections.alerts.summary.silenced import silences_of

logger = logging.getLogger(__name__)


def make_summary(now: datetime, at: time, zone: ZoneInfo, more: Sequence[SectionsOf] = ()) -> int:
    """1 where one was made, else 0; `more` are the sections of other rooms, after its own. One query while none is due;
    of two that run at once one waits and makes none."""
    newest = DailySummary.objects.order_by("-until").values_list("until", flat=True).first()
    period = next_period(now, at, zone, newest)
    return _make(period, now, zone, more) if period else 0


@transaction.atomic
def _make(period: SummaryPeriod, now: datetime, zone: ZoneInfo, more: Sequence[SectionsOf]) -> int:
    times = {"since": period.since, "until": period.until, "made_at": now}
    summary, created = DailySummary.objects.get_or_create(day=period.day, defaults=times)
    if not created:
        return 0
    silences = silences_of(summary, now)
    waiting = Delivery.objects.filter(status=Delivery.Status.FOR_SUMMARY, queued_at__lt=period.until)
    # What a silence hides waits for the summary after its end, as any message waits for it.
    waiting.exclude(alert__in=silences.waiting).update(status=Delivery.Status.IN_SUMMARY, summary=summary)
    summary.content = facts_of(SummaryDay(summary, now, silences))
    summary.content["sections"] += [each for part in more for each in _sections(part, summary, now) if each["total"]]
    summary.save(update_fields=["content"])
    Delivery.objects.bulk_create(_messages(summary, now, f"{period.until.astimezone(zone):%a %Y-%m-%d %H:%M} {zone}"))
    return 1


def _sections(part: SectionsOf, summary: DailySummary, now: datetime) -> Sequence[SummarySection]:
    """Those of another room; a fault there is logged, and the summary goes out without them."""
    try:
        with transaction.atomic():
            return list(part(summary, now))
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        logger.exception("daily summary: %s failed; its sections are left out", part)
        return []


def _messages(summary: DailySummary, now: datetime, local_time: str) -> list[Delivery]:
    facts: MessageFacts = {
        "kind": Delivery.Kind.SUMMARY.value,
        "url": settings.PUBLIC_URL + reverse("summary", args=[summary.day]),
        "title": str(summary),
        "episode": str(uuid4()),
        "summary": summary.content,
    }
    return [
        Delivery(
            summary=summary,
            sequence=1,
            kind=Delivery.Kind.SUMMARY,
            target=target,
            policy_name=policy.name,
            local_time=local_time,
            routing=[{"policy": policy.name, "matched": True, "why": "delivers by the daily summary"}],
            payload={**facts, "message_id": str(uuid4())},
            queued_at=now,
            next_attempt_at=now,
        )
        for target, policy in receivers()
    ]
