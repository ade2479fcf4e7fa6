"""The input and the outcomes of a channel (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from detections.alerts.channels.messages import MessageFacts


@dataclass(frozen=True)
class Notification:
    """A message to send. `key` is equal for all messages of an episode, by which the receiver can thread them;
    `delivery` is equal for every attempt of this message."""

    delivery: int
    key: str
    address: str
    intended_channel: str
    facts: MessageFacts


@dataclass(frozen=True)
class Sent:
    """Accepted by the receiver."""

    response: str


@dataclass(frozen=True)
class Retry:
    """A temporary failure; `after` is the delay that the receiver asked for (Retry-After)."""

    response: str
    after: timedelta | None = None


@dataclass(frozen=True)
class Rejected:
    """A permanent failure: it is not tried again."""

    response: str


DeliveryOutcome = Sent | Retry | Rejected
