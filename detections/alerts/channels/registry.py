"""Ways out: a channel takes one notification and says how it went. One module per channel, one line in `CHANNELS`.

In: a frozen message and its target's address. Out: `Sent`, `Retry` or `Rejected`.
Promises: a channel never raises for what the other side does, and keeps no state between two messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from detections.alerts.channels import console
from detections.alerts.channels.notification import Notification, Outcome

Channel = Callable[[Notification], Outcome]

CHANNELS: Mapping[str, Channel] = MappingProxyType({"console": console.send})
"""By `Target.channel`."""
