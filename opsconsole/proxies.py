"""Forwarding headers are used only from trusted proxies (OPSCONSOLE_TRUSTED_PROXIES).

`X-Forwarded-For` gives the client by which failed logins are counted, `X-Forwarded-Proto` whether a request came by
https. A client that bypasses the proxy could otherwise set both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from opsconsole.env_parsers import Network

FOR, PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"
UNKNOWN_PROXY = "opsconsole.unknown_proxy"  # in META: the request came by a proxy that is not trusted


class ProxiesMiddleware:
    """Sets REMOTE_ADDR to the client's address behind a trusted proxy; drops both headers from anyone else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta, proxies = request.META, settings.TRUSTED_PROXIES
        if is_trusted(meta.get("REMOTE_ADDR", ""), proxies):
            meta["REMOTE_ADDR"] = client_address(meta.get(FOR, ""), proxies) or meta["REMOTE_ADDR"]
        else:
            meta.pop(PROTO, None)
            meta[UNKNOWN_PROXY] = FOR in meta
        meta.pop(FOR, None)
        return self.get_response(request)


def is_trusted(address: str, proxies: Collection[Network]) -> bool:
    """Whether `address` is in one of the networks; False for text that is no IP address.

    Networks of IPv4 contain their addresses also as a socket for both families gives them (`::ffff:10.0.0.7`).
    """
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return any((mapped or parsed) in network for network in proxies)


def client_address(forwarded: str, proxies: Collection[Network]) -> str:
    """The last address in `X-Forwarded-For` that is not a trusted proxy; empty if that is no IP address.

    Each proxy appends the address it was called from, so only the part written by trusted proxies can be believed.
    """
    for part in reversed(forwarded.split(",")):
        if not is_trusted(part, proxies):
            try:
                return str(ip_address(part.strip()))
            except ValueError:
                return ""
    return ""
