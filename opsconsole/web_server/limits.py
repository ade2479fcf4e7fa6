"""What the clients of one web process may use, from the settings."""

from __future__ import annotations

import resource
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from opsconsole.env.parsers import Network
from opsconsole.proxies import is_trusted
from opsconsole.web_server.deadlines import TransferDeadlines

HEAD_BYTES = 32 * 1024  # of the first line and all headers
# Open files that are no connections: databases, libraries, bodies that are buffered on disk.
OTHER_FILES = 400
MAX_FILES = 8192


@dataclass(slots=True, frozen=True)
class WebLimits:
    """Of one process: numbers, and bytes of one body (`body`) and of all that are there at once (`buffered`)."""

    deadlines: TransferDeadlines
    connections: int
    per_address: int
    buffered: int
    body: int
    proxies: Collection[Network] = ()

    def counted_as(self, address: str) -> str:
        """The address by which unfinished requests are counted: of IPv6 the /64, which one client has for itself.

        Empty for those that are not counted: trusted proxies, and the clients of a Unix socket, which are proxies.
        """
        try:
            parsed = ip_address(address)
        except ValueError:
            return ""
        if is_trusted(address, self.proxies):
            return ""
        return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address


def plain_address(address: str) -> str:
    """An IPv4 address as such where a socket for both families gives it as IPv6 (`::ffff:192.0.2.1`)."""
    try:
        mapped = getattr(ip_address(address), "ipv4_mapped", None)
    except ValueError:
        return address
    return str(mapped) if mapped is not None else address


def open_files_for(connections: int) -> int:
    """Raises this process's limit of open files as far as it may; returns how many connections that leaves room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return connections if soft == resource.RLIM_INFINITY else max(50, min(connections, soft - OTHER_FILES))
