"""The targets that the environment makes (pure): by channel, the values of its fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from opsconsole.env.variables import SettingError

VARIABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "slack": ("OPSCONSOLE_SLACK_WEBHOOK_URL", "OPSCONSOLE_SLACK_BOT_TOKEN"),
        "pagerduty": ("OPSCONSOLE_PAGERDUTY_ROUTING_KEY",),
        "webhook": ("OPSCONSOLE_WEBHOOK_URL",),
        "email": ("OPSCONSOLE_ALERT_EMAIL_TO",),
    }
)
"""By channel, those of which one makes its target."""


def first_targets(read: Callable[[str], Any]) -> dict[str, dict[str, str]]:
    """What to make, from the settings that `read` gives. Raises SettingError for settings that need each other."""
    made = {
        "slack": _slack(read),
        "pagerduty": _pagerduty(read),
        "webhook": _webhook(read),
        "email": _email(read),
    }
    return {channel: values for channel, values in made.items() if values}


def _slack(read: Callable[[str], Any]) -> dict[str, str]:
    url, token, channel = (
        read(name)
        for name in ("OPSCONSOLE_SLACK_WEBHOOK_URL", "OPSCONSOLE_SLACK_BOT_TOKEN", "OPSCONSOLE_SLACK_CHANNEL")
    )
    if url and token:
        raise SettingError("OPSCONSOLE_SLACK_BOT_TOKEN: set this or OPSCONSOLE_SLACK_WEBHOOK_URL, not both.")
    if token and not channel:
        raise SettingError("OPSCONSOLE_SLACK_CHANNEL: a bot needs the channel that it posts to, e.g. #alerts.")
    if channel and not token:
        raise SettingError(
            "OPSCONSOLE_SLACK_CHANNEL: needs OPSCONSOLE_SLACK_BOT_TOKEN; a webhook posts to a channel of its own."
        )
    return _given({"webhook_url": url, "token": token, "channel": channel})


def _pagerduty(read: Callable[[str], Any]) -> dict[str, str]:
    return _given({"routing_key": read("OPSCONSOLE_PAGERDUTY_ROUTING_KEY")})


def _webhook(read: Callable[[str], Any]) -> dict[str, str]:
    url, secret = read("OPSCONSOLE_WEBHOOK_URL"), read("OPSCONSOLE_WEBHOOK_SECRET")
    if secret and not url:
        raise SettingError("OPSCONSOLE_WEBHOOK_SECRET: needs OPSCONSOLE_WEBHOOK_URL, whose messages it signs.")
    return _given({"url": url, "secret": secret})


def _email(read: Callable[[str], Any]) -> dict[str, str]:
    addresses: list[str] = read("OPSCONSOLE_ALERT_EMAIL_TO")
    if addresses and not read("OPSCONSOLE_EMAIL_URL"):
        raise SettingError("OPSCONSOLE_ALERT_EMAIL_TO: needs OPSCONSOLE_EMAIL_URL, e.g. smtp://user:password@host.")
    return _given({"to": ", ".join(addresses or [])})


def _given(values: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
