"""TCP and TLS to an address that was judged before, verified against the host's name."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from opsconsole.lib.outbound.bounded_socket import remaining
from opsconsole.lib.outbound.guard import Address


def connect(addresses: Sequence[Address], port: int, deadline: float) -> socket.socket:
    """A TCP connection to the first of the addresses that takes it. Raises the OSError of the last one.

    Each gets an equal part of the time that is left, so that an address that swallows packets leaves some to the next.
    """
    error: OSError | None = None
    for number, address in enumerate(addresses):
        link = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)
        try:
            link.settimeout(remaining(deadline) / (len(addresses) - number))
            link.connect((str(address), port))
            return link
        except OSError as failed:
            link.close()
            error = failed
        except BaseException:
            link.close()
            raise
    raise error or OSError("it has no address")


def secure(link: socket.socket, name: str, ca_file: Path | None, deadline: float) -> ssl.SSLSocket:
    """TLS over the connection, for the host `name`, a name or an address. Raises OSError; `link` is closed then.

    A certificate that does not fit raises ssl.SSLCertVerificationError.
    """
    try:
        secured = trusted(ca_file).wrap_socket(link, server_hostname=name, do_handshake_on_connect=False)
    except BaseException:
        link.close()
        raise
    try:
        secured.settimeout(remaining(deadline))
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured


def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies names by the system's authorities and those of `ca_file`, which is read anew when it has changed.

    Raises OSError if it cannot be read.
    """
    return _context(ca_file, ca_file.stat().st_mtime_ns if ca_file else 0)


@lru_cache(maxsize=2)  # reading the system's certificates costs more than a request
def _context(ca_file: Path | None, changed: int) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca_file:
        context.load_verify_locations(ca_file)
    return context
