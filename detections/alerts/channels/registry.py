"""The channels by name: one module per channel, one line in `CHANNELS`.

In: a notification. Out: `Sent`, `Retry` or `Rejected`.
Promises: a channel raises nothing because of its receiver, and keeps no state between two messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from detections.alerts.channels import console
from detections.alerts.channels.notification import DeliveryOutcome, Notification

Channel = Callable[[Notification], DeliveryOutcome]

CHANNELS: Mapping[str, Channel] = MappingProxyType({"console": console.send})
"""By `Target.channel`."""
