"""Hands one e-mail to the mail server of the environment, within one deadline, and says what became of it.

Unlike Django's backend it tells which receivers the server refused while it took the message for others, and whether a
refusal is worth another try. The environment names the server, so its address is not judged.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import timedelta

from django.conf import settings

from opsconsole.env.outgoing import MailServer
from opsconsole.lib.outbound.bounded_socket import remaining
from opsconsole.lib.outbound.connect import connect, secure, trusted
from opsconsole.lib.outbound.email_backend import BoundedSmtp
from opsconsole.lib.outbound.guard import Lookup, addresses_of, system_lookup

READY = 220


class MailError(Exception):
    """The message was taken for nobody. The text names the server and why; `temporary`: it may be when it is sent
    again."""

    def __init__(self, message: str, temporary: bool) -> None:
        super().__init__(message)
        self.temporary = temporary


def hand_in(
    server: MailServer,
    sender: str,
    receivers: Sequence[str],
    message: bytes,
    *,
    hello: str,
    timeout: timedelta,
    lookup: Lookup = system_lookup,
) -> dict[str, str]:
    """Receivers that were refused, with the server's reply; it took the message for all others. Raises MailError.

    `hello` is the name by which the console greets. `timeout` is for all of it, from the lookup of the host on.
    """
    deadline = time.monotonic() + timeout.total_seconds()
    with _told(server.host, timeout):
        client = _connected(server, hello, deadline, lookup)
        with closing(client):
            if server.user:
                client.login(server.user, server.password)
            refused = client.sendmail(sender, list(receivers), message)
            with suppress(OSError, smtplib.SMTPException):
                client.putcmd("quit")  # its answer would only take time
    return {address: _reply(*said) for address, said in refused.items()}


def _connected(server: MailServer, hello: str, deadline: float, lookup: Lookup) -> BoundedSmtp:
    """A greeted server, over TLS unless its scheme says otherwise. Raises OSError, SMTPException, MailError."""
    link = connect(addresses_of(server.host, server.port, deadline, lookup), server.port, deadline)
    if server.scheme == "smtps":
        link = secure(link, server.host, settings.OUTBOUND_CA_FILE, deadline)
    client = BoundedSmtp(local_hostname=hello)
    client.renew(deadline)
    client.sock = link
    try:
        code, said = client.getreply()
        if code != READY:
            raise smtplib.SMTPConnectError(code, said)
        client.ehlo_or_helo_if_needed()
        if server.scheme == "submission":
            _start_tls(client, server, deadline)
    except BaseException:
        client.close()
        raise
    return client


def _start_tls(client: BoundedSmtp, server: MailServer, deadline: float) -> None:
    """Without STARTTLS nothing is sent: somebody between may have taken it out of the offer, to read the password."""
    if not client.has_extn("starttls"):
        raise MailError(f"{server.host} offers no STARTTLS; smtps:// may be the scheme that it takes", temporary=True)
    client._host = server.host  # type: ignore[attr-defined]  # as `connect` of smtplib sets it, for the certificate
    if client.sock:
        client.sock.settimeout(remaining(deadline))
    client.starttls(context=trusted(settings.OUTBOUND_CA_FILE))
    client.ehlo_or_helo_if_needed()


@contextmanager
def _told(host: str, timeout: timedelta) -> Iterator[None]:
    """Raises what goes wrong inside as a MailError that says what and why."""
    try:
        yield
    except MailError:
        raise
    except smtplib.SMTPRecipientsRefused as refused:
        raise MailError(f"{host} took it for nobody: {all_refused(_replies(refused))}", _any_later(refused)) from None
    except smtplib.SMTPResponseException as answer:
        code = int(answer.smtp_code)
        raise MailError(f"{host}: {_reply(code, answer.smtp_error)}{_advice(answer)}", not 500 <= code < 600) from None
    except ssl.SSLCertVerificationError as error:
        # Retried, since certificates are renewed; the server's operator must know meanwhile.
        why = f"its certificate is not trusted ({error.verify_message.rstrip('.')})"
        raise MailError(f"{host}: {why}. OPSCONSOLE_OUTBOUND_CA_FILE may name its CA", temporary=True) from None
    except TimeoutError:
        raise MailError(f"{host} cannot be reached (within {timeout.total_seconds():g} s)", temporary=True) from None
    except (OSError, ValueError) as error:  # SMTPException is an OSError
        raise MailError(f"{host} did not take it ({_why(error)})", temporary=True) from None


def all_refused(refused: Mapping[str, str]) -> str:
    """`ada@example.org: 550 no such user; …`, in one line."""
    return "; ".join(f"{address}: {said}" for address, said in refused.items())


def _replies(refused: smtplib.SMTPRecipientsRefused) -> dict[str, str]:
    return {address: _reply(*said) for address, said in refused.recipients.items()}


def _any_later(refused: smtplib.SMTPRecipientsRefused) -> bool:
    return any(not 500 <= code < 600 for code, _ in refused.recipients.values())


def _reply(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}".strip()


def _advice(answer: smtplib.SMTPResponseException) -> str:
    if isinstance(answer, smtplib.SMTPAuthenticationError):
        return " (user and password of OPSCONSOLE_EMAIL_URL)"
    if isinstance(answer, smtplib.SMTPSenderRefused):
        return " (its sender is OPSCONSOLE_EMAIL_FROM)"
    return ""


def _why(error: Exception) -> str:
    """In few words."""
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    if isinstance(error, smtplib.SMTPException):
        return " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return type(error).__name__  # its text may quote user or password
