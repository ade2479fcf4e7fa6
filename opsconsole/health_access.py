"""Who sees more of the console's health than whether it is ready: delays and open alerts say where it is weak."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
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
    return is_trusted(request.META.get("REMOTE_ADDR", ""), settings.METRICS_NETWORKS)
