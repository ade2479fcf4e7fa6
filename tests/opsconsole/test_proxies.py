"""Headers of proxies are believed from proxies only."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from opsconsole.env.variables import SettingError, read
from opsconsole.proxies import ProxiesMiddleware

PROXIES = read("OPSCONSOLE_TRUSTED_PROXIES", {"OPSCONSOLE_TRUSTED_PROXIES": "10.0.0.7, 10.1.0.0/16, fd00::/8"})


def client_of(settings: Any, remote: str, forwarded: str) -> tuple[str, bool]:
    """Which client, and whether by https, the console takes it for."""
    settings.TRUSTED_PROXIES = PROXIES
    seen: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse()

    headers = {"x-forwarded-for": forwarded, "x-forwarded-proto": "https"}
    ProxiesMiddleware(answer)(RequestFactory().get("/", headers=headers, REMOTE_ADDR=remote))
    return seen[0].META["REMOTE_ADDR"], seen[0].is_secure()


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("10.0.0.7", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "198.51.100.1, 203.0.113.9", "203.0.113.9"),  # the first is what the client itself wrote
        ("10.0.0.7", "203.0.113.9, 10.1.2.3", "203.0.113.9"),  # two proxies
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.7", "::ffff:203.0.113.9", "203.0.113.9"),
        ("10.0.0.7", "203.0.113.9:51234", "203.0.113.9"),
        ("10.0.0.7", "[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.7", "[2001:db8::1]", "2001:db8::1"),
        ("10.0.0.7", "[::ffff:203.0.113.9]:443", "203.0.113.9"),
        ("10.0.0.7", "203.0.113.9:51234, 10.1.2.3:80", "203.0.113.9"),
        ("10.0.0.7", "203.0.113.9:http", "10.0.0.7"),
        ("10.0.0.7", "unknown", "10.0.0.7"),
        ("10.0.0.7", "", "10.0.0.7"),
        ("10.0.0.7", "10.1.2.3", "10.0.0.7"),
        ("::ffff:10.0.0.7", "203.0.113.9", "203.0.113.9"),  # as a socket for both families gives it
    ],
)
def test_a_proxy_is_believed(settings: Any, remote: str, forwarded: str, client: str) -> None:
    assert client_of(settings, remote, forwarded) == (client, True)


@pytest.mark.parametrize("remote", ["203.0.113.9", "10.0.0.8", "", "unix:"])
def test_anybody_else_is_not(settings: Any, remote: str) -> None:
    assert client_of(settings, remote, "198.51.100.1") == (remote, False)


@pytest.mark.parametrize("wrong", ["proxy.internal", "10.0.0.1/8", "10.0.0.256"])
def test_what_is_no_address_stops_the_start(wrong: str) -> None:
    with pytest.raises(SettingError, match=r"OPSCONSOLE_TRUSTED_PROXIES: .*Allowed: "):
        read("OPSCONSOLE_TRUSTED_PROXIES", {"OPSCONSOLE_TRUSTED_PROXIES": wrong})
