"""The channels by name: one module per channel, one line in `CHANNELS`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from detections.alerts.channels import apprise, console, email, jira, pagerduty, slack, webhook
from detections.alerts.channels.contract import Channel

_ALL = (
    console.CHANNEL,
    slack.CHANNEL,
    pagerduty.CHANNEL,
    email.CHANNEL,
    webhook.CHANNEL,
    jira.CHANNEL,
    apprise.CHANNEL,
)
CHANNELS: Mapping[str, Channel] = MappingProxyType({channel.name: channel for channel in _ALL})
"""By `Target.channel`."""


def channel_choices() -> list[tuple[str, str]]:
    """Names and labels, for a column."""
    return [(channel.name, channel.label) for channel in CHANNELS.values()]
