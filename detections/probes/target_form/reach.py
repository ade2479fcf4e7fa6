"""Which internal addresses a target may reach: asked once, within what OPSCONSOLE_OUTBOUND_ALLOW names.

A console stands where its operator's services are, so probing internal addresses is usual; but whoever may edit a
target shall not look around in the network with it. Therefore two must agree: the operator names networks, an
administrator ticks which of them this target may reach.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from ipaddress import ip_network
from typing import NamedTuple
from urllib.parse import urlsplit

from detections.probes.outbound import is_within
from opsconsole.env.parsers import Network
from opsconsole.lib.outbound.address_kinds import kind_of
from opsconsole.lib.outbound.guard import (
    CLEAR,
    SAVE_SECONDS,
    Address,
    Lookup,
    LookupFailed,
    addresses_of,
    may_reach,
)

PORTS = {"https": 443, "http": 80}
MOST_CHOICES = 12


class Origin(NamedTuple):
    """Where a base leads: what a target may reach, and its secrets, belong to this."""

    scheme: str
    host: str
    port: int


class Reach(NamedTuple):
    """What is to be said of a base. `choices`: networks of which one has to be ticked; `refused`: why none can be;
    `unknown`: the host could not be looked up. All empty: it may be reached."""

    choices: tuple[Network, ...] = ()
    refused: str = ""
    unknown: str = ""


def origin_of(base: str) -> Origin:
    """Of a base that the probe takes (`read_base`)."""
    parts = urlsplit(base.strip())
    return Origin(parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0))


def host_of(base: str) -> str:
    """Empty for what is no address: one that is stored may be older than what is allowed now."""
    try:
        return origin_of(base).host
    except ValueError:
        return ""


def reach_of(origin: Origin, ticked: Sequence[Network], operator: Sequence[Network], lookup: Lookup) -> Reach:
    """Whether a target with these networks ticked may be reached, as its runs will judge it."""
    try:
        found = addresses_of(origin.host, origin.port, time.monotonic() + SAVE_SECONDS, lookup)
    except (LookupFailed, TimeoutError) as error:
        return Reach(unknown=str(error) or "no answer in time")
    allow = within(ticked, operator)
    if any(_fits(each, origin, allow) for each in found):
        return Reach()
    possible = [each for each in found if _fits(each, origin, operator)]
    if not possible:
        return Reach(refused=_refused(origin, found, operator))
    return Reach(choices=_choices(possible, operator))


def within(ticked: Iterable[Network], operator: Sequence[Network]) -> list[Network]:
    """Those that lie within what the operator names now: it may have become less."""
    return [each for each in ticked if is_within(each, operator)]


def networks(texts: Iterable[str]) -> list[Network]:
    """Stored or posted networks; what is none is left out, and allows nothing."""
    read = []
    for text in texts:
        try:
            read.append(ip_network(text))
        except ValueError:
            continue
    return read


def asked(origin: Origin, reach: Reach) -> str:
    """The sentence above the boxes."""
    alone = [each.network_address for each in reach.choices if each.num_addresses == 1]
    why = ", ".join(f"{each} is {kind_of(each) or CLEAR}" for each in alone)
    if origin.scheme == "http" and any(map(kind_of, alone)):
        why += f", {CLEAR}"
    host = "" if origin.host in map(str, alone) else f"{origin.host}: "
    return f"{host}{why}. Tick below what this target may reach; it is recorded with your name."


def in_words(box: str) -> str:
    """The words of a box, `HOST NETWORK`."""
    host, _, network = box.partition(" ")
    one = [each for each in networks([network]) if each.num_addresses == 1]
    what = "this address alone" if one else "the whole network"
    of = "" if host in {str(each.network_address) for each in one} else f", for {host}"
    return f"{network}, {what}{of}"


def _refused(origin: Origin, found: Sequence[Address], operator: Sequence[Network]) -> str:
    named = ", ".join(map(str, operator)) or "nothing"
    reasons = ", ".join(f"{each} is {kind_of(each) or CLEAR}" for each in found)
    return (
        f"{origin.host} cannot be probed: {reasons}. Whoever runs the console has to name the address in "
        f"OPSCONSOLE_OUTBOUND_ALLOW (now: {named}) and start it anew; then it can be ticked here."
    )


def _choices(possible: Sequence[Address], operator: Sequence[Network]) -> tuple[Network, ...]:
    """Each address alone, and the operator's networks around it: addresses of services change."""
    alone: list[Network] = [ip_network(str(each)) for each in possible]
    around = [outer for outer in operator if any(each in outer for each in possible)]
    return tuple(dict.fromkeys([*alone, *around]))[:MOST_CHOICES]


def _fits(address: Address, origin: Origin, allow: Sequence[Network]) -> bool:
    return may_reach(address, allow, plain=origin.scheme == "http")
