"""What of addresses is no secret."""

from __future__ import annotations

from opsconsole.env.outbound_url import OutboundRefused, parse_url


def webhook_host(url: str) -> str:
    """The host of a webhook, whose path is often a secret; empty without one."""
    try:
        return parse_url(url).host
    except OutboundRefused:
        return ""
