"""What an IP address is, where it is not one of the public internet (pure).

The tables are those of IANA's special-purpose registries, not `ipaddress.is_global`, whose answers differ between
versions of Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from opsconsole.env.parsers import Network

_KINDS: Sequence[tuple[str, str]] = (
    # https://www.iana.org/assignments/iana-ipv4-special-registry
    ("0.0.0.0/8", "an unspecified address"),
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "an address of carrier-grade NAT"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.0.2.0/24", "a reserved address"),
    ("192.88.99.0/24", "a 6to4 relay's address"),
    ("192.168.0.0/16", "a private address"),
    ("198.18.0.0/15", "a reserved address"),
    ("198.51.100.0/24", "a reserved address"),
    ("203.0.113.0/24", "a reserved address"),
    ("224.0.0.0/4", "a multicast address"),
    ("240.0.0.0/4", "a reserved address"),
    # https://www.iana.org/assignments/iana-ipv6-special-registry
    ("::/128", "an unspecified address"),
    ("::1/128", "a loopback address"),
    ("::ffff:0:0/96", "an IPv4 address written as IPv6"),
    ("::/96", "an IPv4 address written as IPv6"),
    ("64:ff9b::/96", "an address of NAT64"),
    ("64:ff9b:1::/48", "an address of NAT64"),
    ("2001::/23", "a reserved address"),  # Teredo, which embeds an IPv4 address, and others
    ("2001:db8::/32", "a reserved address"),
    ("2002::/16", "an address of 6to4"),
    ("3fff::/20", "a reserved address"),
    ("fc00::/7", "a private address"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a private address"),
    ("ff00::/8", "a multicast address"),
)
# Where clouds tell a machine its credentials. Most are link-local or private; Azure's is a public address.
METADATA: frozenset[IPv4Address | IPv6Address] = frozenset(
    map(
        ip_address,
        [
            "169.254.169.254",  # AWS, GCP, Azure, DigitalOcean, Oracle
            "169.254.170.2",  # AWS ECS
            "169.254.170.23",  # AWS EKS
            "100.100.100.200",  # Alibaba
            "192.0.0.192",  # Oracle, classic
            "168.63.129.16",  # Azure's wire server
            "fd00:ec2::254",  # AWS
            "fd00:ec2::23",  # AWS EKS
            "fd20:ce::254",  # GCP
        ],
    )
)
_NETWORKS: Sequence[tuple[Network, str]] = tuple((ip_network(text), kind) for text, kind in _KINDS)
# IPv6 networks whose addresses embed an IPv4 address, and how many bits stand behind it.
_EMBEDDING: Sequence[tuple[Network, int]] = tuple(
    (ip_network(text), shift)
    for text, shift in (
        ("::ffff:0:0/96", 0),
        ("::/96", 0),
        ("64:ff9b::/96", 0),
        ("64:ff9b:1::/48", 0),
        ("2002::/16", 80),
    )
)
_TEREDO = ip_network("2001::/32")
_UNICAST = ip_network("2000::/3")  # all that IANA has given out of IPv6


def kind_of(address: IPv4Address | IPv6Address) -> str | None:
    """E.g. "a private address"; None for a public one."""
    if address in METADATA:
        return "an address of a cloud's metadata"
    for network, kind in _NETWORKS:
        if address in network:
            return kind
    return None if address.version == 4 or address in _UNICAST else "a reserved address"


def embedded_in(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses to which a packet may go that is sent to this IPv6 address: by NAT64, as mapped or compatible
    address, by 6to4, or by Teredo, whose server and client are both there."""
    number = int(address)
    if address.version == 4 or number < 2:  # :: and ::1
        return []
    if address in _TEREDO:
        return [IPv4Address(number >> 64 & 0xFFFFFFFF), IPv4Address(~number & 0xFFFFFFFF)]
    return [IPv4Address(number >> shift & 0xFFFFFFFF) for network, shift in _EMBEDDING if address in network]
