"""The refusal of an outbound request by the console itself (pure)."""

from __future__ import annotations


class OutboundRefused(ValueError):
    """The console does not send there. The text says what is wrong and what is allowed, without the URL's path."""
