"""The console itself as a channel: nothing leaves; the page shows what would have been sent, and to whom (pure).

It is the default until a real channel is configured, so that a fresh install can be tried out whole.
"""

from __future__ import annotations

from types import MappingProxyType

from detections.alerts.channels.messages import render
from detections.alerts.channels.notification import Notification, Sent

# How channels that a target stands for are named to people; another word stands for itself.
STANDS_FOR = MappingProxyType({"slack": "Slack", "email": "e-mail", "pagerduty": "PagerDuty", "jira": "Jira"})


def send(notification: Notification) -> Sent:
    """Always succeeds; the response is the message as it would have gone out."""
    return Sent(f"{would_be_sent(notification.stands_for, notification.address)}:\n\n{render(notification.facts).text}")


def would_be_sent(stands_for: str, address: str) -> str:
    """What became of a message, in words: `Would be sent to #ops (no Slack configured)`."""
    return f"Would be sent to {address} (no {STANDS_FOR.get(stands_for, stands_for) or 'channel'} configured)"
