"""Gives one leased message to its channel. Uses no database: it runs in the threads of the sender."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple

from detections.alerts.channels.contract import DEADLINE
from detections.alerts.channels.messages import MessageFacts
from detections.alerts.channels.notification import DeliveryOutcome, FirstMessage, Notification, Rejected, Retry, Sent
from detections.alerts.channels.registry import CHANNELS
from detections.alerts.delivery.secret_values import secret_filter, without_secrets
from detections.alerts.delivery_models import Delivery
from detections.alerts.routing_models import Target
from detections.alerts.targets.values import open_values
from opsconsole.lib.db.storable import storable
from opsconsole.lib.sealed import SealBroken
from opsconsole.lib.text.secrets import scrub_text

logger = logging.getLogger(__name__)

Send = Callable[[Notification], DeliveryOutcome]
SENDS: Mapping[str, Send] = MappingProxyType({name: channel.send for name, channel in CHANNELS.items()})
ERROR_LENGTH = 500  # of an error that a channel raised


class AttemptSoFar(NamedTuple):
    """The number of the attempt, and what an earlier one did already."""

    number: int = 1
    done: Mapping[str, str] = MappingProxyType({})


FIRST_ATTEMPT = AttemptSoFar()


def send_one(
    delivery: Delivery,
    clock: Callable[[], datetime],
    sends: Mapping[str, Send] = SENDS,
    first: FirstMessage | None = None,
) -> DeliveryOutcome | None:
    """The outcome of one attempt. Load the target with the delivery. Raises nothing, and gives what can be stored.

    None, and nothing is sent, where the lease could end before the answer, as in a process that was stopped: another
    sender may have the message by then, or a later one of the episode."""
    if delivery.lease_until is None or clock() > delivery.lease_until - timedelta(seconds=DEADLINE):
        return None
    target = delivery.target
    if not target.enabled:
        return Rejected(f"The target {target.name} is switched off.")
    send = sends.get(target.channel)
    if send is None:
        return Rejected(f"There is no channel {target.channel!r}.")
    # Messages that an earlier version queued have numbers only; those of a policy's group have its key.
    key = delivery.payload.get("key") or delivery.payload.get("episode") or f"opsconsole-alert-{delivery.alert_id}"
    attempt = AttemptSoFar(delivery.tries, delivery.receipt)
    return send_to(target, send, delivery.payload, delivery=delivery.pk, key=key, first=first, attempt=attempt)


def send_to(
    target: Target,
    send: Send,
    facts: MessageFacts,
    *,
    delivery: int,
    key: str,
    first: FirstMessage | None = None,
    attempt: AttemptSoFar = FIRST_ATTEMPT,
) -> DeliveryOutcome:
    """The outcome of a message to `target`. A secret that no key opens is tried again: somebody may name the key."""
    clean: Callable[[str], str] = str
    try:
        values = open_values(target)
        clean = secret_filter(target.channel, values)
        address, meant = target.address, target.intended_channel
        notification = Notification(
            delivery, key, address, meant, facts, values, first, attempt=attempt.number, done=attempt.done
        )
        return without_secrets(_storable(send(notification)), clean)
    except SealBroken as broken:
        return Retry(str(broken))
    except Exception as error:  # a bug in the channel, or a target that cannot be read: it blocks no other message
        text, stack = error_text(error, clean), clean("".join(traceback.format_tb(error.__traceback__)))
        logger.error("channel %s raised on delivery %s: %s\n%s", target.channel, delivery, text, stack)
        return Retry(text)


def error_text(error: Exception, clean: Callable[[str], str] = str) -> str:
    """The error for the attempt and the log, scrubbed, because it may quote the message, and the target's secrets,
    which `clean` takes out."""
    text = " ".join(clean(f"{type(error).__name__}: {error}")[:ERROR_LENGTH].replace("\0", "").split())
    return scrub_text(text.encode("utf-8", "replace").decode())


def _storable(outcome: DeliveryOutcome) -> DeliveryOutcome:
    """The outcome without NUL and lone surrogates, which a receiver may have sent: PostgreSQL stores neither."""
    if isinstance(outcome, Sent):
        receipt = {_clean(name): _clean(value) for name, value in outcome.receipt.items()}
        return Sent(_clean(outcome.response), receipt)
    return replace(outcome, response=_clean(outcome.response))


def _clean(text: str) -> str:
    return text if storable(text) else text.replace("\0", "").encode("utf-8", "replace").decode()
