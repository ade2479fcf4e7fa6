"""What a channel takes and gives back (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from detections.alerts.channels.messages import MessageFacts


@dataclass(frozen=True)
class Notification:
    """One message on its way. `key` is the same for all messages of an episode, so that the other side can join them;
    `delivery` is the same for every try of this message."""

    delivery: int
    key: str
    address: str
    intended_channel: str
    facts: MessageFacts


@dataclass(frozen=True)
class Sent:
    response: str


@dataclass(frozen=True)
class Retry:
    """It may work later; `after` is what the other side asked for (Retry-After)."""

    response: str
    after: timedelta | None = None


@dataclass(frozen=True)
class Rejected:
    """It will not work, however often it is tried."""

    response: str


Outcome = Sent | Retry | Rejected
