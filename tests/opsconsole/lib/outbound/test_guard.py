"""Which receivers are taken when they are saved, and which addresses a connection may have."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from opsconsole.env.parsers import Network
from opsconsole.lib.outbound import guard
from opsconsole.lib.outbound.address_kinds import METADATA, embedded_in, kind_of
from opsconsole.lib.outbound.guard import LookupFailed, OutboundRefused, check_url, resolve
from tests.receivers.fixtures import LOOPBACK

PUBLIC, INSIDE = "93.184.216.34", "10.0.0.7"
HOOK = "https://hooks.example.com/services/hunter2"
ADDRESSES = st.ip_addresses()
NETWORKS = st.builds(
    lambda address, bits: ip_network((address, min(bits, address.max_prefixlen)), strict=False),
    ADDRESSES,
    st.integers(1, 128),
)


def answering(*addresses: str) -> guard.Lookup:
    return lambda host, port: addresses


def unknown(host: str, port: int) -> Sequence[str]:
    raise OSError("no such name")


def resolved(*addresses: str, allow: Sequence[Network] = (), plain: bool = False) -> list[str]:
    deadline = time.monotonic() + 60
    return [str(each) for each in resolve("a.example", 443, allow, deadline, answering(*addresses), plain=plain)]


def reached_by_name(address: IPv4Address | IPv6Address, allow: list[Network]) -> bool:
    inner = all(kind_of(each) is None or any(each in network for network in allow) for each in embedded_in(address))
    alone = any(network.num_addresses == 1 for network in allow if address in network)
    return any(address in network for network in allow) and (inner or alone)


@given(ADDRESSES, st.lists(NETWORKS, max_size=3))
def test_an_address_is_reached_if_it_is_public_or_named(
    address: IPv4Address | IPv6Address, allow: list[Network]
) -> None:
    assume(address not in METADATA)
    named = reached_by_name(address, allow)
    if named or kind_of(address) is None:
        assert resolved(str(address), allow=allow) == [str(address)]
    else:
        with pytest.raises(OutboundRefused):
            resolved(str(address), allow=allow)


@given(ADDRESSES, st.lists(NETWORKS, max_size=3))
def test_in_the_clear_only_what_is_named(address: IPv4Address | IPv6Address, allow: list[Network]) -> None:
    assume(address not in METADATA)
    if reached_by_name(address, allow):
        assert resolved(str(address), allow=allow, plain=True) == [str(address)]
    else:
        with pytest.raises(OutboundRefused, match=r"Allowed: what OPSCONSOLE_OUTBOUND_ALLOW names"):
            resolved(str(address), allow=allow, plain=True)


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
def test_metadata_is_not_reached_by_a_network_around_it(address: str) -> None:
    everything = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    with pytest.raises(OutboundRefused, match="of a cloud's metadata"):
        resolved(address, allow=everything)
    assert resolved(address, allow=[ip_network(address)]) == [address]


@pytest.mark.parametrize("inner", ["169.254.169.254", "10.0.0.7", "127.0.0.1"])
@pytest.mark.parametrize(
    "network", ["64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0/96", "::/96", "2002::/16", "2001::/32", "::/0"]
)
def test_an_ipv4_address_inside_of_a_named_network_is_judged_too(network: str, inner: str) -> None:
    around = int(ip_network("64:ff9b::/96" if network == "::/0" else network).network_address)
    number = int(ip_address(inner))
    shifted = {"2002::/16": number << 80, "2001::/32": int(ip_address(PUBLIC)) << 64 | ~number & 0xFFFFFFFF}
    address = str(IPv6Address(around | shifted.get(network, number)))
    with pytest.raises(OutboundRefused, match=rf"leads to {inner}, an? "):
        resolved(address, allow=[ip_network(network)])
    assert resolved(address, allow=[ip_network(network), ip_network(inner)]) == [address]
    assert resolved(address, allow=[ip_network(address)]) == [address]


def test_a_public_ipv4_address_inside_of_a_named_network_is_reached() -> None:
    assert resolved("64:ff9b::5db8:d822", allow=[ip_network("64:ff9b::/96")]) == ["64:ff9b::5db8:d822"]
    with pytest.raises(OutboundRefused, match="an address of NAT64"):
        resolved("64:ff9b::5db8:d822")


def test_only_the_permitted_of_several_addresses_are_connected_to() -> None:
    assert resolved(INSIDE, PUBLIC, "64:ff9b::a00:7", PUBLIC) == [PUBLIC]
    assert resolved(INSIDE, PUBLIC, allow=[ip_network("10.0.0.0/8")]) == [INSIDE, PUBLIC]
    with pytest.raises(OutboundRefused) as refused:
        resolved(INSIDE, "::1", allow=[ip_network("192.168.0.0/16")])
    assert str(refused.value) == (
        "a.example cannot be a receiver: 10.0.0.7 is a private address, ::1 is a loopback address. Allowed: public "
        "addresses and what OPSCONSOLE_OUTBOUND_ALLOW names (now: 192.168.0.0/16)."
    )


def test_an_address_needs_no_lookup() -> None:
    assert resolve(PUBLIC, 443, (), time.monotonic() + 60, unknown) == [ip_address(PUBLIC)]


def test_names_without_an_address() -> None:
    with pytest.raises(LookupFailed):
        resolve("a.example", 443, (), time.monotonic() + 60, unknown)
    with pytest.raises(LookupFailed, match="no address"):
        resolved()


def test_a_resolver_that_does_not_answer_is_left_behind() -> None:
    released = threading.Event()

    def hanging(host: str, port: int) -> Sequence[str]:
        released.wait()
        return [PUBLIC]

    try:
        with pytest.raises(TimeoutError):
            resolve("a.example", 443, (), time.monotonic() + 0.05, hanging)
    finally:
        released.set()


def test_a_machine_without_threads_left(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(LookupFailed, match="no thread can be started"):
        resolved(PUBLIC)


@pytest.mark.parametrize("host", ["127.1", "0x7f.0.0.1", "2130706433", "localhost"])
def test_other_ways_to_write_an_address_are_what_they_mean(host: str) -> None:
    """As the system's resolver reads them."""
    with pytest.raises(OutboundRefused, match="a loopback address"):
        check_url(f"https://{host}/hunter2", ())
    assert check_url(f"https://{host}/hunter2", LOOPBACK)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (INSIDE, "10.0.0.7 is a private address"),
        ("127.0.0.1", "127.0.0.1 is a loopback address"),
        ("169.254.169.254", "169.254.169.254 is an address of a cloud's metadata"),
    ],
)
def test_a_name_that_means_the_inside_is_not_saved(address: str, told: str) -> None:
    with pytest.raises(OutboundRefused, match=told) as refused:
        check_url(HOOK, (), answering(address))
    assert "hunter2" not in str(refused.value)


def test_what_is_saved() -> None:
    assert check_url(f"  {HOOK}\n", (), answering(PUBLIC)) == HOOK
    assert check_url(HOOK, [ip_network("10.0.0.7")], answering(INSIDE)) == HOOK
    assert check_url("http://chat.internal/x", [ip_network("10.0.0.0/8")], answering(INSIDE))
    with pytest.raises(OutboundRefused, match=r"93\.184\.216\.34 is reached in the clear by http://"):
        check_url("http://chat.example/hunter2", [ip_network("10.0.0.0/8")], answering(PUBLIC))


def test_a_name_that_cannot_be_looked_up_now_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is judged in any case."""
    assert check_url(HOOK, (), unknown) == HOOK
    monkeypatch.setattr(guard, "SAVE_SECONDS", 0.05)
    released = threading.Event()
    try:
        assert check_url(HOOK, (), lambda host, port: [INSIDE] if released.wait() else []) == HOOK
    finally:
        released.set()


@pytest.mark.parametrize("host", ["10.0.0.7", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[fd00::1]"])
def test_addresses_in_the_url_are_judged(host: str) -> None:
    with pytest.raises(OutboundRefused, match=r"cannot be a receiver: .* is an? "):
        check_url(f"https://{host}/hunter2", ())
