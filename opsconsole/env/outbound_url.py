"""The URL of an outbound request, taken apart (pure)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

ALLOWED = (
    "https://host[:port]/path in ASCII, without user, password and #fragment; http:// only to addresses that "
    "OPSCONSOLE_OUTBOUND_ALLOW names"
)
_PORTS = {"https": 443, "http": 80}
# RFC 3986; a backslash, which some parsers read as a slash, is none of these.
_CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
_NAME = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?"
)
_IPV6 = re.compile(r"[0-9A-Fa-f:.]+")


class OutboundRefused(ValueError):
    """The console does not send there. The text says what is wrong and what is allowed, without the URL's path."""


@dataclass(frozen=True)
class OutboundUrl:
    """`host` has no brackets; `target` is path and query, which may be a secret: it is never shown."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def plain(self) -> bool:
        """Whether the request is readable on its way."""
        return self.scheme == "http"

    @property
    def name(self) -> str:
        """The host as certificates name it, without the dot at the end."""
        return self.host.rstrip(".")

    @property
    def host_header(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port == _PORTS[self.scheme] else f"{name}:{self.port}"


def parse_url(url: str) -> OutboundUrl:
    """Raises OutboundRefused, whose text does not quote the URL."""
    if not _CHARACTERS.fullmatch(url):
        raise OutboundRefused(f"The URL has characters that no URL has. Allowed: {ALLOWED}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutboundRefused(f"The URL's host or port cannot be read. Allowed: {ALLOWED}.") from None
    host = parts.hostname or ""
    if wrong := _wrong(parts.scheme, parts.netloc, host, port, url):
        raise OutboundRefused(f"{wrong}. Allowed: {ALLOWED}.")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return OutboundUrl(parts.scheme, host, port or _PORTS[parts.scheme], target)


def _wrong(scheme: str, netloc: str, host: str, port: int | None, url: str) -> str | None:
    """What the URL may not have."""
    if scheme not in _PORTS:
        return "The URL begins with neither https:// nor http://"
    if "@" in netloc:
        return "The URL has a user or a password"
    if "#" in url:
        return "The URL has a #fragment"
    if port == 0:
        return "The URL has port 0"
    pattern = _IPV6 if ":" in host else _NAME
    if not pattern.fullmatch(host) or len(host) > 253:
        return "The URL's host is neither a name nor an address"
    return None
