"""Settings that production mode requires, and those that need each other (pure)."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.env.outgoing import MailServer
from opsconsole.env.variables import SettingError


def check_production(allowed_hosts: Sequence[str], public_url: str | None) -> None:
    """Raises SettingError unless hosts are named and the public URL is one of https.

    The defaults are safe on one machine only. Over http everybody on the way reads passwords and sessions.
    """
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
    if not public_url.startswith("https://"):
        raise SettingError(
            f"OPSCONSOLE_PUBLIC_URL: {public_url} would send passwords and sessions in the clear. Production mode "
            "needs https://…, of a proxy that terminates TLS (docs/operations.md)."
        )


def check_mail(server: MailServer | None, receivers: Sequence[str]) -> None:
    """Raises SettingError when e-mails are to be sent and no mail server is known."""
    if receivers and server is None:
        raise SettingError("OPSCONSOLE_AUDIT_EMAIL: needs OPSCONSOLE_EMAIL_URL, e.g. smtp://user:password@host.")
