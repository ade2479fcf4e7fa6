"""Clients are told apart by address; proxies are not counted."""

from __future__ import annotations

import resource

import pytest

from opsconsole.web_server.limits import OTHER_FILES, open_files_for, plain_address
from tests.opsconsole.web_server.process import LIMITS, PROXY


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        (PROXY, ""),
        ("", ""),  # a Unix socket
    ],
)
def test_who_is_counted(address: str, counted: str) -> None:
    assert LIMITS.counted_as(address) == counted


def test_a_socket_for_both_families_gives_plain_addresses() -> None:
    assert plain_address("::ffff:203.0.113.9") == "203.0.113.9"
    assert plain_address("2001:db8::9") == "2001:db8::9"
    assert plain_address("203.0.113.9") == "203.0.113.9"


def test_connections_find_room_among_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    changed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: changed.append(limits))

    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 524_288))
    assert (open_files_for(1000), changed) == (1000, [(8192, 524_288)])
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    assert open_files_for(1000) == 1024 - OTHER_FILES
