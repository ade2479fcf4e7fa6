"""The input and the outcomes of a channel (pure)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from detections.alerts.channels.messages import MessageFacts


@dataclass(frozen=True)
class FirstMessage:
    """The message of an episode at the target to which later ones refer, the first unless that is gone: its facts, and
    the receipt of its channel."""

    facts: MessageFacts
    receipt: Mapping[str, str]


@dataclass(frozen=True)
class Notification:
    """A message to send. `key` is equal for all messages of an episode, by which the receiver can thread them;
    `delivery` is equal for every attempt of this message, 0 for a test message. `values` are those of the channel's
    fields, secrets in clear, so that no repr has them. `attempt`: above 1 an earlier one may have reached the receiver.
    `first` is there for later messages where the channel gave a receipt; `done` is what an earlier attempt of this
    message did already, as its Retry said."""

    delivery: int
    key: str
    address: str
    intended_channel: str
    facts: MessageFacts
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    first: FirstMessage | None = None
    attempt: int = 1
    done: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sent:
    """Accepted by the receiver. `receipt`: what the channel needs to refer to this message later; none without."""

    response: str
    receipt: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """A temporary failure; `after` is the delay that the receiver asked for (Retry-After). `done`: that the message
    arrived, and only something beside it is left, in the channel's words for its next attempt."""

    response: str
    after: timedelta | None = None
    done: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejected:
    """A permanent failure: it is not tried again."""

    response: str


DeliveryOutcome = Sent | Retry | Rejected
