"""Sends queued messages: at least once, in order per episode and target. After a lease expires (its sender was killed)
the message is sent again."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from billiard.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from detections.alerts.channels.registry import CHANNELS, Channel
from detections.alerts.delivery.backoff import pause, retry_for
from detections.alerts.delivery.inhibition import inhibit
from detections.alerts.models import Delivery, DeliveryAttempt
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)

# Longer than a channel takes (its timeouts are 10 s), short enough that a killed sender delays by half a minute only.
LEASE = timedelta(seconds=30)
BATCH = 20
ERROR_LENGTH = 500  # of an error that a channel raised
Status = Delivery.Status
WAITING = (Status.QUEUED, Status.UNKNOWN, Status.SUPPRESSED)
UNFINISHED = (*WAITING, Status.SENDING)


def deliver(clock: Callable[[], datetime], channels: Mapping[str, Channel] = CHANNELS) -> int:
    """Sends all due messages; returns the number of attempts. `clock` is read for each, because sending takes time."""
    tried = 0
    while batch := claim(clock()):
        for delivery in batch:
            record_outcome(delivery, _send(delivery, channels), clock())
        tried += len(batch)
    return tried


def claim(now: datetime) -> list[Delivery]:
    """Leases the next due messages, for each episode and target only the first unfinished one."""
    with transaction.atomic():
        _expire_leases(now)
        batch = inhibit(list(_due(now)), now)
        for delivery in batch:
            delivery.status, delivery.lease_until = Status.SENDING, now + LEASE
            delivery.tries += 1
        Delivery.objects.bulk_update(batch, ["status", "lease_until", "tries"])
    return batch


def record_outcome(delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> None:
    """Records the outcome of an attempt, unless its lease has expired and another worker leased the message."""
    with transaction.atomic():
        mine = Delivery.objects.filter(
            pk=delivery.pk, status=Status.SENDING, tries=delivery.tries, lease_until=delivery.lease_until
        )
        if not mine.update(lease_until=None, **_values_after(delivery, outcome, now)):
            return
        _record(delivery, now, ok=isinstance(outcome, Sent), response=outcome.response)


def _due(now: datetime) -> QuerySet[Delivery]:
    earlier = Delivery.objects.filter(
        alert=OuterRef("alert"), target=OuterRef("target"), status__in=UNFINISHED, sequence__lt=OuterRef("sequence")
    )
    rows = Delivery.objects.filter(status__in=WAITING, next_attempt_at__lte=now)
    rows = rows.exclude(Exists(earlier)).select_related("target", "alert__rule").order_by("next_attempt_at", "id")
    return rows.select_for_update(skip_locked=True, no_key=True, of=("self",))[:BATCH]


def _expire_leases(now: datetime) -> None:
    """Makes messages with an expired lease due again: whether they were sent is not known."""
    rows = Delivery.objects.filter(status=Status.SENDING, lease_until__lte=now)
    for delivery in rows.select_for_update(skip_locked=True, no_key=True):
        _record(delivery, now, ok=False, response="No answer before the lease ran out; it may have been sent.")
        delivery.status, delivery.lease_until, delivery.next_attempt_at = Status.UNKNOWN, None, now
        delivery.save(update_fields=["status", "lease_until", "next_attempt_at"])


def _send(delivery: Delivery, channels: Mapping[str, Channel]) -> DeliveryOutcome:
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
    except Exception as error:  # a bug in the channel; it must neither block other messages nor be retried for ever
        text, stack = _error_text(error), "".join(traceback.format_tb(error.__traceback__))
        logger.error("channel %s raised on delivery %s: %s\n%s", target.channel, delivery.pk, text, stack)
        return Retry(text)


def _error_text(error: Exception) -> str:
    """The error for the attempt and the log, scrubbed, because it may quote the message."""
    text = " ".join(f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\0", "").split())
    return scrub_text(text.encode("utf-8", "replace").decode())


def _values_after(delivery: Delivery, outcome: DeliveryOutcome, now: datetime) -> dict[str, object]:
    if isinstance(outcome, Sent):
        return {"status": Status.SENT, "sent_at": now, "next_attempt_at": None}
    if isinstance(outcome, Retry) and now - delivery.queued_at < retry_for(delivery.alert.severity):
        return {"status": Status.QUEUED, "next_attempt_at": now + pause(delivery.pk, delivery.tries, outcome.after)}
    return {"status": Status.DEAD, "next_attempt_at": None}


def _record(delivery: Delivery, now: datetime, *, ok: bool, response: str) -> None:
    DeliveryAttempt.objects.create(delivery=delivery, number=delivery.tries, at=now, ok=ok, response=response)
