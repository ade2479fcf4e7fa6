"""The contract of a channel (pure).

In: a notification. Out: `Sent`, `Retry` or `Rejected`.
Promises: a channel raises nothing because of its receiver, keeps no state between two messages, answers within
`DEADLINE`, and uses no database.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from detections.alerts.channels.notification import DeliveryOutcome, Notification

DEADLINE = 20.0  # seconds for all requests of a message; a sender's lease is longer


@dataclass(frozen=True)
class Channel:
    """A way to send messages: its name in `Target.channel`, its name for people, and how it sends."""

    name: str
    label: str
    send: Callable[[Notification], DeliveryOutcome]
