"""What proxies say of a request is believed from proxies only (OPSCONSOLE_TRUSTED_PROXIES).

`X-Forwarded-For` decides whose failed logins are counted together, `X-Forwarded-Proto` whether a request came by https:
whoever reaches the console past the proxy could otherwise choose both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from opsconsole.env import Network

FOR, PROTO = "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO"


class ProxiesMiddleware:
    """Behind a proxy the client's address is the client's; from anybody else the two headers are dropped."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta, proxies = request.META, settings.TRUSTED_PROXIES
        if is_trusted(meta.get("REMOTE_ADDR", ""), proxies):
            meta["REMOTE_ADDR"] = client_address(meta.get(FOR, ""), proxies) or meta["REMOTE_ADDR"]
        else:
            meta.pop(PROTO, None)
        meta.pop(FOR, None)
        return self.get_response(request)


def is_trusted(address: str, proxies: Collection[Network]) -> bool:
    """Whether it is one of them; what is no address (a socket's, garbage) is none."""
    try:
        found = ip_address(address.strip())
    except ValueError:
        return False
    return any(found in network for network in proxies)


def client_address(forwarded: str, proxies: Collection[Network]) -> str:
    """The last address of `X-Forwarded-For` that is no proxy's: each proxy adds whom it heard, and what stands before
    the first one's word anybody may have written. Empty where that is no address."""
    for part in reversed(forwarded.split(",")):
        if not is_trusted(part, proxies):
            try:
                return str(ip_address(part.strip()))
            except ValueError:
                return ""
    return ""
