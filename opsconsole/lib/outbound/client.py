"""The only way by which the console sends requests out: to judged addresses, with one deadline and one size.

No proxy of the environment is used: behind one, the proxy and not the guard would choose the address. No redirect is
followed. The path of a URL may be a secret (Slack's webhooks are), so no message has it. The request is written here
and not by `http.client.HTTPConnection`, since sentry-sdk notes each URL that goes through that class.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from ipaddress import ip_address
from types import MappingProxyType
from typing import cast

from django.conf import settings

from opsconsole.env.outbound_url import OutboundRefused, OutboundUrl, parse_url
from opsconsole.env.parsers import Network
from opsconsole.lib.outbound.bounded_socket import BoundedSocket
from opsconsole.lib.outbound.connect import connect, secure
from opsconsole.lib.outbound.guard import AddressRefused, Lookup, resolve, system_lookup

TIMEOUT = timedelta(seconds=10)
LIMIT = 65536
HEAD = 65536  # bytes of status line and headers
_NOTHING: Mapping[str, str] = MappingProxyType({})
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\t]*")


@dataclass(frozen=True)
class OutboundAnswer:
    """`headers` by name in lower case; of `body` the first bytes, up to the limit of the request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Answer = OutboundAnswer  # in detections, Answer is one of ingest


class OutboundError(Exception):
    """No answer came. The text names the host and why; `temporary`: it may come when the request is sent again."""

    def __init__(self, message: str, temporary: bool) -> None:
        super().__init__(message)
        self.temporary = temporary


def request(
    method: str,
    url: str,
    *,
    body: bytes = b"",
    headers: Mapping[str, str] = _NOTHING,
    allow: Sequence[Network],
    timeout: timedelta = TIMEOUT,
    limit: int = LIMIT,
    lookup: Lookup = system_lookup,
) -> Answer:
    """Send one request and return the answer, whatever its status; a redirect is an answer like others.

    `timeout` is for all of it, from the lookup of the host to the last byte of the answer, of which at most `limit`
    bytes are read. Raises OutboundError.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    with _told("the URL", "cannot be used", timeout):
        parsed = parse_url(url)
        head = _head(method, parsed, headers, len(body))
    with _told(parsed.host, "cannot be looked up", timeout):
        addresses = resolve(parsed.host, parsed.port, allow, deadline, lookup, plain=parsed.plain)
    with _told(parsed.host, "cannot be reached", timeout):
        link = connect(addresses, parsed.port, deadline)
    if not parsed.plain:
        with _told(parsed.host, "TLS failed", timeout):
            link = secure(link, parsed.name, settings.OUTBOUND_CA_FILE, deadline)
    with closing(link), _told(parsed.host, "gave no whole answer", timeout):
        return _exchange(BoundedSocket(link, deadline, HEAD + 2 * limit), method, head + body, limit)


def _exchange(link: BoundedSocket, method: str, message: bytes, limit: int) -> Answer:
    """Raises OSError, ValueError or HTTPException for what is no HTTP/1.1."""
    with suppress(ConnectionError):  # an answer such as 413 may have come before all was taken
        link.sendall(message)
    with closing(HTTPResponse(cast("socket.socket", link), method=method)) as response:
        response.begin()
        if response.status < 200:
            raise ConnectionError(f"it answered {response.status}, which announces another answer")
        read = response.read(limit + 1)
        if len(read) <= limit and response.length:
            raise IncompleteRead(read)
        names = dict.fromkeys(name.lower() for name in response.headers)
        joined = {name: ", ".join(response.headers.get_all(name, [])) for name in names}
        return Answer(response.status, joined, read[:limit])


def _head(method: str, url: OutboundUrl, headers: Mapping[str, str], length: int) -> bytes:
    """Request line and headers. Raises OutboundRefused for a header that cannot be sent, by its name only."""
    own = {
        "Host": url.host_header,
        "User-Agent": "opsconsole",
        "Accept-Encoding": "identity",
        "Connection": "close",
        **({"Content-Length": str(length)} if length or method in {"POST", "PUT", "PATCH"} else {}),
    }
    given = {name.lower() for name in headers}
    lines = {name: value for name, value in own.items() if name.lower() not in given} | dict(headers)
    for name, value in lines.items():
        if not _HEADER.fullmatch(name) or not _VALUE.fullmatch(value):
            raise OutboundRefused(
                f"The header {name!r} cannot be sent. Allowed: a token, and a value of printable ASCII."
            )
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {url.target} HTTP/1.1\r\n{text}\r\n".encode("ascii")


@contextmanager
def _told(host: str, what: str, timeout: timedelta) -> Iterator[None]:
    """Raises what goes wrong inside as an OutboundError that says what and why."""
    try:
        yield
    except AddressRefused as refused:
        raise OutboundError(str(refused), temporary=not _is_address(host)) from None
    except OutboundRefused as refused:
        raise OutboundError(str(refused), temporary=False) from None
    except ssl.SSLCertVerificationError as error:
        # Retried, since certificates are renewed; the receiver's operator must know meanwhile.
        why = f"its certificate is not trusted ({error.verify_message.rstrip('.')})"
        raise OutboundError(f"{host}: {why}. OPSCONSOLE_OUTBOUND_CA_FILE may name its CA", temporary=True) from None
    except TimeoutError:
        raise OutboundError(f"{host} {what} (within {timeout.total_seconds():g} s)", temporary=True) from None
    except (OSError, ValueError, HTTPException) as error:
        raise OutboundError(f"{host} {what} ({_why(error)})", temporary=True) from None


def _is_address(host: str) -> bool:
    """Whether the host is an address, which stays the same; what a name means may be wrong for a moment."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _why(error: Exception) -> str:
    """In few words; nothing that the other side sent."""
    if isinstance(error, IncompleteRead | RemoteDisconnected):
        return "the answer ends in its midst"
    if isinstance(error, ssl.SSLError):
        return (error.reason or type(error).__name__).lower().replace("_", " ")
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return f"not HTTP: {type(error).__name__}"
