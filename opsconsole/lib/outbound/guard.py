"""Which addresses an outbound request may reach, judged when a URL is saved and again at each connection.

People who may enter a URL shall not reach what only this machine can (server-side request forgery). A host's addresses
are looked up once for each request, judged, and exactly these are connected to: a name that means something else a
moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address

from opsconsole.env.outbound_url import OutboundRefused, parse_url
from opsconsole.env.parsers import Network
from opsconsole.lib.outbound.address_kinds import METADATA, embedded_in, kind_of

__all__ = ["AddressRefused", "LookupFailed", "OutboundRefused", "check_url", "may_reach", "resolve", "system_lookup"]
Address = IPv4Address | IPv6Address
Lookup = Callable[[str, int], Sequence[str]]
CLEAR = "reached in the clear by http://"
SAVE_SECONDS = 3.0  # for the lookup while a person waits for the form


class AddressRefused(OutboundRefused):
    """No address of the host may be reached. Where it is a name, that is so as long as the name means these.

    `reasons` says of each address what it is.
    """

    def __init__(self, text: str, reasons: str) -> None:
        super().__init__(text)
        self.reasons = reasons


class LookupFailed(OSError):
    """A host's addresses are not known."""


def system_lookup(host: str, port: int) -> list[str]:
    """The addresses of a host by the system's resolver, hosts file included. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check_url(url: str, allow: Sequence[Network], lookup: Lookup = system_lookup) -> str:
    """The URL without blanks around it. Raises OutboundRefused for what no request could be sent to.

    A host that cannot be looked up now is taken: the connection is judged in any case.
    """
    parsed = parse_url(url.strip())
    with suppress(LookupFailed, TimeoutError):
        resolve(parsed.host, parsed.port, allow, time.monotonic() + SAVE_SECONDS, lookup, plain=parsed.plain)
    return url.strip()


def refused_for_good(url: str, allow: Sequence[Network]) -> bool:
    """Whether the URL is refused whatever names mean: by its syntax, or because its host is an address. Looks up
    nothing."""
    try:
        check_url(url, allow, _unknown)
    except OutboundRefused:
        return True
    return False


def _unknown(host: str, port: int) -> Sequence[str]:
    raise LookupFailed("not looked up")


def resolve(
    host: str,
    port: int,
    allow: Sequence[Network],
    deadline: float,
    lookup: Lookup = system_lookup,
    *,
    plain: bool = False,
) -> list[Address]:
    """The addresses of `host` that a request may reach, in the resolver's order; `plain`: over http.

    One that may not be reached does not spoil the others: only judged addresses are connected to, and names with an
    internal address beside a public one exist (DNS64, split DNS). Raises AddressRefused if none is left, LookupFailed
    without an answer, TimeoutError at `deadline`, of `time.monotonic`.
    """
    found = addresses_of(host, port, deadline, lookup)
    fit = [address for address in found if may_reach(address, allow, plain=plain)]
    if fit:
        return fit
    reasons = ", ".join(_reason(address, allow) for address in found)
    named = ", ".join(map(str, allow)) or "nothing"
    public = "" if plain else "public addresses and "
    allowed = f"Allowed: {public}what OPSCONSOLE_OUTBOUND_ALLOW names (now: {named})."
    raise AddressRefused(f"{host} cannot be a receiver: {reasons}. {allowed}", reasons)


def addresses_of(host: str, port: int, deadline: float, lookup: Lookup = system_lookup) -> list[Address]:
    """All addresses of a host, each once. Raises LookupFailed, TimeoutError at `deadline`.

    The system's resolver takes no time limit, so it runs in a thread that is left behind when the time is up; it ends
    by the resolver's own limits.
    """
    try:
        return [ip_address(host)]
    except ValueError:
        pass
    answers: queue.SimpleQueue[Sequence[str] | LookupFailed] = queue.SimpleQueue()
    try:
        threading.Thread(target=_look_up, args=(lookup, host, port, answers), daemon=True).start()
    except RuntimeError:
        raise LookupFailed("no thread can be started") from None
    try:
        answer = answers.get(timeout=max(deadline - time.monotonic(), 0.0))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(answer, LookupFailed):
        raise answer
    if not answer:
        raise LookupFailed("it has no address")
    return list(dict.fromkeys(map(ip_address, answer)))


def _look_up(lookup: Lookup, host: str, port: int, answers: queue.SimpleQueue[Sequence[str] | LookupFailed]) -> None:
    try:
        answers.put(lookup(host, port))
    except Exception as error:  # whatever it is: else the other thread waits in vain
        answers.put(LookupFailed(getattr(error, "strerror", None) or type(error).__name__))


def may_reach(address: Address, allow: Sequence[Network], *, plain: bool) -> bool:
    """Whether a request may reach the address; in the clear (`plain`) only one that the operator named. One that embeds
    an IPv4 address must be named, and that must be one that may be reached itself, unless it is named alone."""
    if not _is_named(address, allow):
        return not plain and kind_of(address) is None
    alone = any(address in network and network.num_addresses == 1 for network in allow)
    return alone or all(_is_named(each, allow) or kind_of(each) is None for each in embedded_in(address))


def _reason(address: Address, allow: Sequence[Network]) -> str:
    """What the address is, or which address inside it may not be reached."""
    if _is_named(address, allow):
        inner = next(each for each in embedded_in(address) if not _is_named(each, allow) and kind_of(each))
        return f"{address} leads to {inner}, {kind_of(inner)}"
    return f"{address} is {kind_of(address) or CLEAR}"


def _is_named(address: Address, allow: Sequence[Network]) -> bool:
    """Whether `allow` has the address; that of a cloud's metadata must be named alone, not by a network around it."""
    return any(address in network and (address not in METADATA or network.num_addresses == 1) for network in allow)
