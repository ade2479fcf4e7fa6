"""Sends what is queued: at least once, in order per episode and target, with a lease so that a killed sender's message
is sent again. Knows nothing of channels but their outcomes."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from detections.alerts.channels.notification import Notification, Outcome, Rejected, Retry, Sent
from detections.alerts.channels.registry import CHANNELS, Channel
from detections.alerts.delivery.backoff import patience, pause
from detections.alerts.delivery.inhibition import hold_back
from detections.alerts.models import Delivery, DeliveryAttempt
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)

# Longer than a channel may take (its timeouts are 10 s), short enough that a killed sender costs half a minute.
LEASE = timedelta(seconds=30)
AT_ONCE = 20
ERROR_LENGTH = 500  # of an error that a channel raised
Status = Delivery.Status
WAITING = (Status.QUEUED, Status.UNKNOWN, Status.SUPPRESSED)
UNFINISHED = (*WAITING, Status.SENDING)


def deliver(clock: Callable[[], datetime], channels: Mapping[str, Channel] = CHANNELS) -> int:
    """Send all that is due; returns how many were tried. `clock` is read anew for each, since sending takes time."""
    tried = 0
    while batch := claim(clock()):
        for delivery in batch:
            finish(delivery, _send(delivery, channels), clock())
        tried += len(batch)
    return tried


def claim(now: datetime) -> list[Delivery]:
    """Lease the next due messages: of each episode and target the first unfinished one only."""
    with transaction.atomic():
        _take_back(now)
        batch = hold_back(list(_due(now)), now)
        for delivery in batch:
            delivery.status, delivery.lease_until = Status.SENDING, now + LEASE
            delivery.tries += 1
        Delivery.objects.bulk_update(batch, ["status", "lease_until", "tries"])
    return batch


def finish(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Write down how a try went, unless its lease ran out and someone else has taken the message over."""
    with transaction.atomic():
        mine = Delivery.objects.filter(
            pk=delivery.pk, status=Status.SENDING, tries=delivery.tries, lease_until=delivery.lease_until
        )
        if not mine.update(lease_until=None, **_after(delivery, outcome, now)):
            return
        _record(delivery, now, ok=isinstance(outcome, Sent), response=outcome.response)


def _due(now: datetime) -> QuerySet[Delivery]:
    earlier = Delivery.objects.filter(
        alert=OuterRef("alert"), target=OuterRef("target"), status__in=UNFINISHED, sequence__lt=OuterRef("sequence")
    )
    rows = Delivery.objects.filter(status__in=WAITING, next_attempt_at__lte=now)
    rows = rows.exclude(Exists(earlier)).select_related("target", "alert__rule").order_by("next_attempt_at", "id")
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:AT_ONCE]


def _take_back(now: datetime) -> None:
    """A lease that ran out: nobody knows whether the message went out, so it is sent again."""
    rows = Delivery.objects.filter(status=Status.SENDING, lease_until__lte=now)
    for delivery in rows.select_for_update(skip_locked=True, no_key=True):
        _record(delivery, now, ok=False, response="No answer before the lease ran out; it may have been sent.")
        delivery.status, delivery.lease_until, delivery.next_attempt_at = Status.UNKNOWN, None, now
        delivery.save(update_fields=["status", "lease_until", "next_attempt_at"])


def _send(delivery: Delivery, channels: Mapping[str, Channel]) -> Outcome:
    target = delivery.target
    if not target.enabled:
        return Rejected(f"The target {target.name} is switched off.")
    channel = channels.get(target.channel)
    if channel is None:
        return Rejected(f"There is no channel {target.channel!r}.")
    notification = Notification(
        delivery=delivery.pk,
        key=f"opsconsole-alert-{delivery.alert_id}",
        address=target.address,
        intended_channel=target.intended_channel,
        facts=delivery.payload,
    )
    try:
        return channel(notification)
    except SoftTimeLimitExceeded:
        raise
    except Exception as error:  # a fault of ours; it must neither hold up the others nor be tried for ever
        said, where = _said(error), "".join(traceback.format_tb(error.__traceback__))
        logger.error("channel %s raised on delivery %s: %s\n%s", target.channel, delivery.pk, said, where)
        return Retry(said)


def _said(error: Exception) -> str:
    """The error as an attempt and the log keep it: it may quote the message, so its text is scrubbed as events are."""
    text = " ".join(f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\0", "").split())
    return scrub_text(text.encode("utf-8", "replace").decode())


def _after(delivery: Delivery, outcome: Outcome, now: datetime) -> dict[str, object]:
    if isinstance(outcome, Sent):
        return {"status": Status.SENT, "sent_at": now, "next_attempt_at": None}
    if isinstance(outcome, Retry) and now - delivery.queued_at < patience(delivery.alert.severity):
        return {"status": Status.QUEUED, "next_attempt_at": now + pause(delivery.pk, delivery.tries, outcome.after)}
    return {"status": Status.DEAD, "next_attempt_at": None}


def _record(delivery: Delivery, now: datetime, *, ok: bool, response: str) -> None:
    DeliveryAttempt.objects.create(delivery=delivery, number=delivery.tries, at=now, ok=ok, response=response)


def oldest_due(now: datetime) -> datetime | None:
    """When the longest-waiting unsent message was due; None when nothing waits."""
    rows = Delivery.objects.filter(status__in=UNFINISHED, next_attempt_at__lte=now)
    return rows.order_by(F("next_attempt_at")).values_list("next_attempt_at", flat=True).first()
