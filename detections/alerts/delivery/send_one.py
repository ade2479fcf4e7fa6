"""Gives one leased message to its channel. Uses no database: it runs in the threads of the sender."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from types import MappingProxyType

from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import DeliveryOutcome, FirstMessage, Notification, Rejected, Retry
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery.secret_values import secret_filter, without_secrets
from detections.alerts.models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import open_values
from opsconsole.lib.sealed import SealBroken
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)

Send = Callable[[Notification], DeliveryOutcome]
SENDS: Mapping[str, Send] = MappingProxyType({name: channel.send for name, channel in CHANNELS.items()})
ERROR_LENGTH = 500  # of an error that a channel raised


def send_one(
    delivery: Delivery, sends: Mapping[str, Send] = SENDS, first: FirstMessage | None = None
) -> DeliveryOutcome:
    """The outcome of one attempt. Load the target with the delivery. Raises nothing."""
    target = delivery.target
    if not target.enabled:
        return Rejected(f"The target {target.name} is switched off.")
    send = sends.get(target.channel)
    if send is None:
        return Rejected(f"There is no channel {target.channel!r}.")
    # Messages that an earlier version queued have numbers only.
    key = delivery.payload.get("episode") or f"opsconsole-alert-{delivery.alert_id}"
    return send_to(target, send, delivery.payload, delivery=delivery.pk, key=key, first=first)


def send_to(
    target: Target, send: Send, facts: MessageFacts, *, delivery: int, key: str, first: FirstMessage | None = None
) -> DeliveryOutcome:
    """The outcome of a message to `target`. A secret that no key opens is tried again: somebody may name the key."""
    try:
        values = open_values(target)
    except SealBroken as broken:
        return Retry(str(broken))
    notification = Notification(delivery, key, target.address, target.intended_channel, facts, values, first)
    clean = secret_filter(target.channel, values)
    return without_secrets(_guarded(send, notification, target.channel, clean), clean)


def _guarded(send: Send, notification: Notification, channel: str, clean: Callable[[str], str]) -> DeliveryOutcome:
    """The outcome of `send`. Where it raises (a bug in the channel) that is logged, and the message is tried again as
    long as any that fails; it blocks no other."""
    try:
        return send(notification)
    except Exception as error:
        text, stack = _error_text(error, clean), clean("".join(traceback.format_tb(error.__traceback__)))
        logger.error("channel %s raised on delivery %s: %s\n%s", channel, notification.delivery, text, stack)
        return Retry(text)


def _error_text(error: Exception, clean: Callable[[str], str]) -> str:
    """The error for the attempt and the log, scrubbed, because it may quote the message, and the target's secrets."""
    text = " ".join(clean(f"{type(error).__name__}: {error}")[:ERROR_LENGTH].replace("\0", "").split())
    return scrub_text(text.encode("utf-8", "replace").decode())
