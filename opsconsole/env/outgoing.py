"""Parsers of settings that name receivers: webhooks, mail servers, addresses (pure)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from urllib.parse import SplitResult, unquote, urlsplit

from opsconsole.env.outbound_url import OutboundRefused, parse_url
from opsconsole.env.parsers import Network

MAIL_PORTS = MappingProxyType({"smtp": 25, "submission": 587, "smtps": 465})
# Where a receiver that the environment names may be without OPSCONSOLE_OUTBOUND_ALLOW: the machine and private
# networks, not link-local ones, where clouds tell a machine its credentials.
NEAR: Sequence[Network] = tuple(
    map(
        ip_network, ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1", "fc00::/7"]
    )
)
WEBHOOK = "https://host/path, or http:// to localhost or a private address, without user and password"
MAIL = (
    "smtp://host[:25] (in clear), smtp://user:password@host[:587] or submission://host[:587] (both with STARTTLS), "
    "smtps://user:password@host[:465] (TLS); user and password in ASCII, @ : / % in them as %40 %3A %2F %25"
)
SLACK_TOKEN = re.compile(r"xox[a-z]-[A-Za-z0-9-]+")
SLACK_CHANNEL = re.compile(r"#?[^\s#@<>&,]{1,80}")
PAGERDUTY_KEY = re.compile(r"[A-Za-z0-9]{32}")
ADDRESS = re.compile(r"[^\s@,<>]+@[^\s@,<>]+")


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in. `scheme` is smtp (in clear), submission (STARTTLS) or smtps (TLS)."""

    scheme: str
    host: str
    port: int
    user: str
    password: str


def webhook_url(value: str) -> str:
    """Raises ValueError for what is not WEBHOOK."""
    try:
        url = parse_url(value)
    except OutboundRefused:
        raise ValueError(f"allowed: {WEBHOOK}") from None
    if url.plain and not _is_near(url.host):
        raise ValueError(f"allowed: {WEBHOOK}")
    return value


def receiver_url(value: str) -> str:
    """A URL that the outbound client takes. Raises ValueError."""
    parse_url(value)
    return value


def base_url(value: str) -> str:
    """The address of a service, to which paths are added; without a slash at its end. Raises ValueError."""
    parse_url(value)
    if "?" in value:
        raise ValueError("allowed: https://host[:port], without a query")
    return value.rstrip("/")


def slack_token(value: str) -> str:
    """Raises ValueError for what is no bot's token."""
    if not SLACK_TOKEN.fullmatch(value):
        raise ValueError("allowed: the Bot User OAuth Token of the app, which begins with xoxb-")
    return value


def slack_channel(value: str) -> str:
    """Raises ValueError for what is no name of a channel."""
    if not SLACK_CHANNEL.fullmatch(value):
        raise ValueError("allowed: the name or id of one channel, e.g. #alerts")
    return value


def pagerduty_key(value: str) -> str:
    """Raises ValueError for what is no integration key."""
    if not PAGERDUTY_KEY.fullmatch(value):
        raise ValueError("allowed: the Integration Key of an Events API v2 integration, 32 letters and digits")
    return value


def mail_server(value: str) -> MailServer:
    """Raises ValueError for what is not MAIL. With a user smtp:// is submission://: no password is sent in clear."""
    parts = _split(value, MAIL)
    scheme = "submission" if parts.scheme == "smtp" and parts.username is not None else parts.scheme
    default = MAIL_PORTS.get(scheme)
    path = parts.path.strip("/") or parts.query or parts.fragment
    host, user, password = parts.hostname or "", unquote(parts.username or ""), unquote(parts.password or "")
    if default is None or path or (password and not user):
        raise ValueError(f"allowed: {MAIL}")
    if not _is_host(host) or not (user + password).isascii():
        raise ValueError(f"allowed: {MAIL}")
    return MailServer(scheme, host, parts.port or default, user, password)


def mail_addresses(value: str) -> list[str]:
    """Comma-separated addresses. Raises ValueError."""
    found = [part.strip() for part in value.split(",") if part.strip()]
    for address in found:
        mail_address(address)
    return found


def mail_address(value: str) -> str:
    if not ADDRESS.fullmatch(value) or not value.isascii() or not _is_host(value.rpartition("@")[2]):
        raise ValueError(f"{value!r} is no address. Allowed: name@host")
    return value


def _split(value: str, allowed: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        raise ValueError(f"allowed: {allowed}") from None
    if re.search(r"[\s\x00-\x1f\x7f]", value):
        raise ValueError(f"allowed: {allowed}")
    return parts


def _is_host(host: str | None) -> bool:
    """Whether there is a host whose name can be looked up: no label is empty or longer than 63."""
    try:
        return bool((host or "").encode("idna"))
    except UnicodeError:
        return False


def _is_near(host: str) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return any(address in network for network in NEAR)
