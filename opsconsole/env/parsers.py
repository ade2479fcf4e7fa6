"""Parsers of the values of settings. Each raises ValueError with what is allowed."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from datetime import time
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

Network = IPv4Network | IPv6Network
LOOPBACK: tuple[Network, ...] = (ip_network("127.0.0.0/8"), ip_network("::1"))


def as_text(value: str) -> str:
    return value


def as_list(value: str) -> list[str]:
    """Comma-separated parts without surrounding blanks; empty parts are dropped."""
    return [part.strip() for part in value.split(",") if part.strip()]


def as_networks(value: str) -> list[Network]:
    """Comma-separated addresses and networks. Raises ValueError."""
    try:
        return [ip_network(part) for part in as_list(value)]
    except ValueError as error:
        raise ValueError(f"allowed: addresses and networks, as in 10.0.0.7, 10.1.0.0/16 ({error})") from None


def token(value: str) -> str:
    """A secret that cannot be guessed, in characters that a header may contain. Raises ValueError."""
    if len(value) < 20 or not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("allowed: at least 20 printable ASCII characters without blanks")
    return value


def time_of_day(value: str) -> time:
    """A minute of the day on a clock. Raises ValueError."""
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError("allowed: HH:MM, from 00:00 to 23:59")
    return time.fromisoformat(value)


def zone(value: str) -> ZoneInfo:
    """A time zone by its IANA name. Raises ValueError."""
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, LookupError):
        raise ValueError("allowed: the IANA name of a time zone, e.g. America/New_York") from None


def as_path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def ca_file(value: str) -> Path:
    """A file of certificates that can be trusted. Raises ValueError."""
    path = as_path(value)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"allowed: a file of certificates in PEM ({error.strerror or 'it has none'})") from None
    return path


def one_of(*allowed: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError(f"allowed: {', '.join(allowed)}")
        return value

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"allowed: a whole number from {low} to {high}") from None
        if not low <= number <= high:
            raise ValueError(f"allowed: a whole number from {low} to {high}")
        return number

    return parse


def url_of(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"allowed: a URL that starts with {' or '.join(s + '://' for s in schemes)}")
        return value

    return parse
