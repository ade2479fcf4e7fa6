"""The console channel: sends nothing; the alert's page shows what would have been sent, and to whom (pure).

It is the default until a real channel is configured, so that a fresh installation can be tried.
"""

from __future__ import annotations

from types import MappingProxyType

from detections.alerts.channels.contract import Channel
from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Notification, Sent

# Display names of intended channels; any other channel is shown by its own name.
CHANNEL_NAMES = MappingProxyType(
    {
        "slack": "Slack",
        "email": "e-mail",
        "pagerduty": "PagerDuty",
        "jira": "Jira",
        "webhook": "webhook",
        "opsgenie": "Opsgenie",
        "discord": "Discord",
        "telegram": "Telegram",
    }
)
# Intended channels that page: what never pages is not shown as if it would be sent there either.
PAGERS = frozenset({"pagerduty", "opsgenie"})


def send(notification: Notification) -> Sent:
    """Always succeeds; the response is the message as it would have been sent."""
    return Sent(
        f"{would_be_sent(notification.intended_channel, notification.address)}:\n\n{render(notification.facts).text}"
    )


def channel_name(channel: str) -> str:
    """The display name of a channel where it begins a line: `PagerDuty`, `E-mail`."""
    name = CHANNEL_NAMES.get(channel, channel)
    return name[:1].upper() + name[1:]


def would_be_sent(intended_channel: str, address: str) -> str:
    """`Would be sent to #ops (no Slack target is bound to this label)`."""
    channel = CHANNEL_NAMES.get(intended_channel, intended_channel)
    return f"Would be sent to {address} (no {f'{channel} target' if channel else 'target'} is bound to this label)"


CHANNEL = Channel(
    "console",
    "Console (shows what would have been sent)",
    "Sends nothing: the page of each alert shows what would have been sent, and to whom.",
    send,
)
