"""Settings that production mode requires (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.env import SettingError


def check_production(allowed_hosts: Sequence[str], public_url: str | None) -> None:
    """Raises SettingError unless hosts and the public URL are set; their defaults are safe on one machine only."""
    if not allowed_hosts or "*" in allowed_hosts:
        raise SettingError(
            "ALLOWED_HOSTS: production mode needs the names that the console answers to, e.g. console.example.org. "
            "Not allowed: unset, or *."
        )
    if not public_url:
        raise SettingError(
            "OPSCONSOLE_PUBLIC_URL: production mode needs the address that people and SDKs use, "
            "e.g. https://console.example.org."
        )
