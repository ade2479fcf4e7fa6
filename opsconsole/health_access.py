"""Who sees more of the console's health than whether it is ready: delays and open alerts say where it is weak."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host
from django.utils.crypto import constant_time_compare

from opsconsole.proxies import UNKNOWN_PROXY, is_trusted


def sees_details(request: HttpRequest) -> bool:
    """Whether the request has the token of OPSCONSOLE_METRICS_TOKEN, or is from OPSCONSOLE_METRICS_NETWORKS.

    Asks no database: the details are wanted most while it is away.
    """
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and kind.lower() == "bearer":
        return constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    if request.META.get(UNKNOWN_PROXY):  # then the address is the proxy's, whoever asks
        return False
    if not _is_own_host(request.get_host()):
        return False
    return is_trusted(request.META.get("REMOTE_ADDR", ""), settings.METRICS_NETWORKS)


def _is_own_host(host: str) -> bool:
    """Whether a Host is an IP address, localhost, that of the public URL, or named in ALLOWED_HOSTS.

    Another name may be one whose owner lets it point here (DNS rebinding): a browser on a trusted machine would then
    read the answer to a page of that owner.
    """
    name = split_domain_port(host)[0]
    own = ["localhost", urlsplit(settings.PUBLIC_URL).hostname or "", *settings.ALLOWED_HOSTS]
    return _is_ip(name.strip("[]")) or validate_host(name, [each for each in own if each not in ("", "*")])


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
