"""Settings that production mode requires (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.env import SettingError


def check_production(allowed_hosts: Sequence[str], public_url: str | None) -> None:
    """Raises SettingError unless hosts are named and the public URL is one of https.

    The defaults are safe on one machine only. Over http everybody on the way reads passwords and sessions.
    """
    if not allowed_hosts or "*" in allowed_hosts:
        raise SettingError(
            "ALLOWED_HOSTS: production mode needs the names that the console answers to, e.g. console.example.org; "
            "not allowed: unset, or *"
        )
    if not public_url:
        raise SettingError(
            "OPSCONSOLE_PUBLIC_URL: production mode needs the address that people and SDKs use, "
            "e.g. https://console.example.org"
        )
    if not public_url.startswith("https://"):
        raise SettingError(
            f"OPSCONSOLE_PUBLIC_URL: {public_url} would send passwords and sessions in the clear; production mode "
            "needs https://…, of a proxy that terminates TLS (docs/operations.md)"
        )
