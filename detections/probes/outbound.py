"""Where a probe may connect to: public addresses over https, and what its target and the operator both name.

An administrator of the console sets a target's `allow`, the operator OPSCONSOLE_OUTBOUND_ALLOW, and the target's can
only narrow the operator's. Connections go to judged addresses, which are looked up once for a run: a name that changes
its meaning between two samples reaches nothing else.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Sequence
from ipaddress import ip_network
from urllib.parse import urlsplit

from django.conf import settings

from detections.probes.models import ProbeTarget
from opsconsole.env.parsers import Network
from opsconsole.lib.outbound.connect import connect, trusted
from opsconsole.lib.outbound.guard import (
    Address,
    AddressRefused,
    Lookup,
    LookupFailed,
    OutboundRefused,
    may_reach,
    resolve,
    system_lookup,
)


class ProbeRefused(Exception):
    """The run cannot start, or goes no further, as the console is set up. The text says what to change.

    No ValueError: the probe takes one for an answer that is no HTTP.
    """


def allowed(target: ProbeTarget) -> list[Network]:
    """The networks of the target's `allow`. Raises OutboundRefused for one that OPSCONSOLE_OUTBOUND_ALLOW has not."""
    return [_within(text, settings.OUTBOUND_ALLOW) for text in target.allow]


def is_within(network: Network, operator: Sequence[Network]) -> bool:
    """Whether the operator's list has all of it. A single address is judged as that list says: naming it at a target
    must not open what needs to be named alone there (a cloud's metadata, an address that embeds another)."""
    if network.num_addresses == 1:
        return may_reach(network.network_address, operator, plain=True)
    return any(network.network_address in each and network.prefixlen >= each.prefixlen for each in operator)


def _within(text: str, operator: Sequence[Network]) -> Network:
    try:
        network = ip_network(text.strip())
    except ValueError:
        raise OutboundRefused(
            f"{text[:60]!r} is no address or network. Allowed: e.g. 10.1.2.3 or 10.1.0.0/16, within "
            f"OPSCONSOLE_OUTBOUND_ALLOW (now: {_listed(operator)})."
        ) from None
    if not is_within(network, operator):
        raise OutboundRefused(
            f"{text.strip()} is not within OPSCONSOLE_OUTBOUND_ALLOW (now: {_listed(operator)}): the operator names "
            "there first what may be reached."
        )
    return network


def _listed(networks: Sequence[Network]) -> str:
    return ", ".join(map(str, networks)) or "nothing"


class GuardedConnect:
    """The probe's `connect` of one run: a TCP connection to one of the base's judged addresses."""

    def __init__(self, base: str, allow: Sequence[Network], lookup: Lookup = system_lookup) -> None:
        self._plain = urlsplit(base).scheme == "http"
        self._allow, self._lookup = allow, lookup
        self._lock = threading.Lock()
        self._found: list[Address] = []

    def __call__(self, host: str, port: int, seconds: float) -> socket.socket:
        """Raises OSError, and ProbeRefused where no address of the host may be reached."""
        deadline = time.monotonic() + seconds
        return connect(self._addresses(host, port, deadline), port, deadline)

    def _addresses(self, host: str, port: int, deadline: float) -> list[Address]:
        """One thread asks, the others wait for what it finds; after a lookup that failed the next attempt asks."""
        if self._found:
            return self._found
        if not self._lock.acquire(timeout=max(deadline - time.monotonic(), 0)):
            raise TimeoutError("timed out")
        try:
            self._found = self._found or resolve(host, port, self._allow, deadline, self._lookup, plain=self._plain)
        except LookupFailed as failed:
            raise socket.gaierror(str(failed)) from None
        except AddressRefused as refused:
            raise ProbeRefused(self._in_words(host, refused.reasons)) from None
        finally:
            self._lock.release()
        return self._found

    def _in_words(self, host: str, reasons: str) -> str:
        public = "" if self._plain else "public addresses, and "
        return (
            f"{host} may not be probed: {reasons}. Allowed: {public}what the target's list of internal addresses and "
            f"OPSCONSOLE_OUTBOUND_ALLOW both name (now: {_listed(self._allow)})."
        )


def guarded(target: ProbeTarget, base: str, lookup: Lookup = system_lookup) -> GuardedConnect:
    """The `connect` for a run of the target. Raises ProbeRefused, naming what is not allowed."""
    try:
        return GuardedConnect(base, allowed(target), lookup)
    except OutboundRefused as refused:
        raise ProbeRefused(str(refused)) from None


def tls() -> ssl.SSLContext:
    """Trusts the system's authorities and the operator's. Raises ProbeRefused where those cannot be read."""
    try:
        return trusted(settings.OUTBOUND_CA_FILE)
    except OSError as error:
        raise ProbeRefused(
            f"OPSCONSOLE_OUTBOUND_CA_FILE ({settings.OUTBOUND_CA_FILE}) cannot be read: {error.strerror or error}."
        ) from None
