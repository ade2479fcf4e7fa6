"""The console itself as a channel: nothing leaves; the page shows what would have been sent, and to whom (pure).

It is the default until a real channel is configured, so that a fresh install can be tried out whole.
"""

from __future__ import annotations

from types import MappingProxyType

from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Notification, Sent

# How channels that a target stands for are named to people; another word stands for itself.
CHANNEL_NAMES = MappingProxyType({"slack": "Slack", "email": "e-mail", "pagerduty": "PagerDuty", "jira": "Jira"})


def send(notification: Notification) -> Sent:
    """Always succeeds; the response is the message as it would have gone out."""
    return Sent(
        f"{would_be_sent(notification.intended_channel, notification.address)}:\n\n{render(notification.facts).text}"
    )


def would_be_sent(intended_channel: str, address: str) -> str:
    """What became of a message, in words: `Would be sent to #ops (no Slack configured)`."""
    channel = CHANNEL_NAMES.get(intended_channel, intended_channel) or "channel"
    return f"Would be sent to {address} (no {channel} configured)"
