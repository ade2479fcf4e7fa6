"""Forwarding headers are used only from trusted proxies (OPSCONSOLE_TRUSTED_PROXIES).

`X-Forwarded-For` gives the client by which failed logins are counted, `X-Forwarded-Proto` whether a request came by
https. A client that bypasses the proxy could otherwise set both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from opsconsole.env.parsers import Network

FOR, PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"
# Headers that proxies, load balancers and CDNs add; no client sends them by itself.
_SIGNS = re.compile(
    "HTTP_(?:VIA|FORWARDED|FORWARDED_FOR|X_FORWARDED(?:_.+)?|X_ORIGINAL_.+|X_REAL_.+|CDN_.+|CF_.+|FASTLY_.+|FLY_.+|"
    "X_ENVOY_.+|X_AMZN_.+|X_AMZ_CF_.+|X_AZURE_.+|X_ARR_.+|X_APPENGINE_.+|X_CLOUD_TRACE_CONTEXT|X_NF_.+|X_VERCEL_.+|"
    "X_VARNISH|X_HAPROXY_.+|X_SCHEME|X_PROXY_?USER_IP|X_REMOTE_(?:ADDR|IP)|(?:.+_)?(?:CLIENT|CONNECTING)_?IP)"
)
# In META: the request came by a proxy that is not trusted, or that names no client; REMOTE_ADDR is the proxy's.
UNKNOWN_PROXY = "opsconsole.unknown_proxy"
# Some proxies append the client's port: `192.0.2.1:51234`, `[2001:db8::1]:443`. Brackets may also stand without one.
_WITH_PORT = re.compile(r"\[(?P<six>[^\[\]]*)\](?::[0-9]{1,5})?|(?P<four>[0-9.]+):[0-9]{1,5}")


class ProxiesMiddleware:
    """Sets REMOTE_ADDR to the client's address behind a trusted proxy; drops both headers from anyone else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta, proxies = request.META, settings.TRUSTED_PROXIES
        trusted = is_trusted(meta.get("REMOTE_ADDR", ""), proxies)
        address, known = _origin(meta, proxies, trusted)
        if trusted:
            meta["REMOTE_ADDR"] = address
        else:
            meta.pop(PROTO, None)
        meta[UNKNOWN_PROXY] = not known
        meta.pop(FOR, None)
        return self.get_response(request)


def sender_of(meta: Mapping[str, Any], proxies: Collection[Network]) -> str:
    """The IP address of the client of a request; empty where it came by a proxy that is not trusted or names none."""
    address, known = _origin(meta, proxies, is_trusted(meta.get("REMOTE_ADDR", ""), proxies))
    try:
        return str(plain_ip(address)) if known else ""
    except ValueError:  # a socket without addresses
        return ""


def _origin(meta: Mapping[str, Any], proxies: Collection[Network], trusted: bool) -> tuple[str, bool]:
    """The address that a request came from, as far as trusted proxies tell, and whether that is its client's."""
    client = client_address(meta.get(FOR, ""), proxies) if trusted else ""
    return client or meta.get("REMOTE_ADDR", ""), bool(client) or not any(map(_is_sign, meta))


@lru_cache(maxsize=1024)
def _is_sign(key: str) -> bool:
    """Cached, because ingest asks for each event."""
    return _SIGNS.fullmatch(key) is not None


def plain_ip(text: str) -> IPv4Address | IPv6Address:
    """The IP address; of IPv4 also as a socket for both families gives it (`::ffff:192.0.2.1`). Raises ValueError."""
    parsed = ip_address(text)
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed


def is_trusted(address: str, proxies: Collection[Network]) -> bool:
    """Whether `address` is in one of the networks; False for text that is no IP address."""
    try:
        parsed = plain_ip(address.strip())
    except ValueError:
        return False
    return any(parsed in network for network in proxies)


def client_address(forwarded: str, proxies: Collection[Network]) -> str:
    """The last address in `X-Forwarded-For` that is not a trusted proxy; empty if that is no IP address.

    Each proxy appends the address it was called from, so only the part written by trusted proxies can be believed.
    """
    for part in reversed(forwarded.split(",")):
        address = _without_port(part.strip())
        if not is_trusted(address, proxies):
            try:
                return str(plain_ip(address))
            except ValueError:
                return ""
    return ""


def _without_port(text: str) -> str:
    """The address of an element of `X-Forwarded-For`."""
    found = _WITH_PORT.fullmatch(text)
    return (found["six"] or found["four"] or "") if found else text
