"""Gives one leased message to its channel. Uses no database: it runs in the threads of the sender."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType

from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.models import Delivery
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)

Send = Callable[[Notification], DeliveryOutcome]
SENDS: Mapping[str, Send] = MappingProxyType({name: channel.send for name, channel in CHANNELS.items()})
ERROR_LENGTH = 500  # of an error that a channel raised


def send_one(delivery: Delivery, sends: Mapping[str, Send] = SENDS) -> DeliveryOutcome:
    """The outcome of one attempt. Load the target with the delivery. Raises nothing."""
    target = delivery.target
    if not target.enabled:
        return Rejected(f"The target {target.name} is switched off.")
    send = sends.get(target.channel)
    if send is None:
        return Rejected(f"There is no channel {target.channel!r}.")
    return guarded(send, notification_of(delivery), target.channel)


def notification_of(delivery: Delivery) -> Notification:
    """The delivery as its channel receives it."""
    return Notification(
        delivery=delivery.pk,
        key=f"opsconsole-alert-{delivery.alert_id}",
        address=delivery.target.address,
        intended_channel=delivery.target.intended_channel,
        facts=delivery.payload,
    )


def guarded(send: Send, notification: Notification, channel: str) -> DeliveryOutcome:
    """The outcome of `send`. Where it raises (a bug in the channel) that is logged, and the message is tried again as
    long as any that fails; it blocks no other."""
    try:
        return send(notification)
    except Exception as error:
        text, stack = _error_text(error), "".join(traceback.format_tb(error.__traceback__))
        logger.error("channel %s raised on delivery %s: %s\n%s", channel, notification.delivery, text, stack)
        return Retry(text)


def _error_text(error: Exception) -> str:
    """The error for the attempt and the log, scrubbed, because it may quote the message."""
    text = " ".join(f"{type(error).__name__}: {error}"[:ERROR_LENGTH].replace("\0", "").split())
    return scrub_text(text.encode("utf-8", "replace").decode())
