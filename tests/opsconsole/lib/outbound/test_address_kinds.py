"""Every special range is known, on any version of Python, and no public address is taken for one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.lib.outbound.address_kinds import METADATA, kind_of

SPECIAL = {
    "unspecified": ["0.0.0.0/8", "::/128"],
    "private": ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"],
    "loopback": ["127.0.0.0/8", "::1/128"],
    "link-local": ["169.254.0.0/16", "fe80::/10"],
    "carrier-grade NAT": ["100.64.0.0/10"],
    "multicast": ["224.0.0.0/4", "ff00::/8"],
    "NAT64": ["64:ff9b::/96", "64:ff9b:1::/48"],
    "6to4": ["2002::/16", "192.88.99.0/24"],
    "IPv4 address written as IPv6": ["::ffff:0:0/96", "::0.1.0.0/112"],
    "reserved": [
        *("192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4"),
        *("255.255.255.255/32", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "4000::/3", "5f00::/16"),
    ],
}
RANGES = [(network, kind) for kind, networks in SPECIAL.items() for network in networks]


@pytest.mark.parametrize(("network", "kind"), RANGES)
def test_the_ends_of_each_special_range(network: str, kind: str) -> None:
    for address in (ip_network(network)[0], ip_network(network)[-1]):
        assert kind in (kind_of(address) or ""), address


@given(st.data())
def test_all_of_each_special_range(data: st.DataObject) -> None:
    network, kind = data.draw(st.sampled_from(RANGES))
    address = data.draw(st.ip_addresses(network=network))
    assert address in METADATA or kind in (kind_of(address) or ""), address


@given(st.ip_addresses())
def test_what_python_takes_for_special_is_special_here(address: IPv4Address | IPv6Address) -> None:
    special = not address.is_global or address.is_multicast or address.is_reserved or address.is_link_local
    assert not special or kind_of(address)


@given(st.ip_addresses(v=4), st.sampled_from([("::ffff:0:0", 0), ("64:ff9b::", 0), ("2002::", 80), ("2001::", 0)]))
def test_no_way_of_embedding_an_address_of_ipv4_is_public(address: IPv4Address, way: tuple[str, int]) -> None:
    prefix, shift = way
    assert kind_of(IPv6Address(int(IPv6Address(prefix)) | int(address) << shift))


@pytest.mark.parametrize("address", ["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"])
def test_metadata_of_clouds_has_a_name_of_its_own(address: str) -> None:
    assert kind_of(ip_address(address)) == "an address of a cloud's metadata"


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
        *("128.0.0.0", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.167.255.255", "192.169.0.0"),
        *("198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15"),
        *("2000::", "2001:200::", "2001:db7:ffff::", "2001:db9::", "2003::", "2606:4700::1111", "3ffe:ffff::"),
    ],
)
def test_public_addresses_beside_the_special_ones(address: str) -> None:
    assert kind_of(ip_address(address)) is None
