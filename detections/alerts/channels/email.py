"""E-mail by SMTP, through the mail server of the environment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings

from detections.alerts.channels.contract import DEADLINE, Channel, ChannelField
from detections.alerts.channels.email_message import email_message
from detections.alerts.channels.http import cut
from detections.alerts.channels.notification import DeliveryOutcome, Notification, Rejected, Retry, Sent
from detections.alerts.channels.webhook import idempotency_key
from opsconsole.env.outgoing import mail_addresses
from opsconsole.lib import clock
from opsconsole.lib.outbound.mail import MailError, all_refused, hand_in
from opsconsole.lib.text.secrets import scrub_text

TIMEOUT = timedelta(seconds=DEADLINE - 1)
MOST_RECEIVERS = 50  # of a target; servers take at least 100 (RFC 5321, 4.5.3.1.8)
SHOWN = 400  # characters of what the server said
NO_SERVER = "No mail server: set OPSCONSOLE_EMAIL_URL in the environment, e.g. smtp://user:password@host."


def send(notification: Notification) -> DeliveryOutcome:
    """One message to all addresses. Sent where the server took it for any of them; the others are said."""
    server = settings.MAIL_SERVER
    if server is None:
        return Retry(NO_SERVER)
    try:
        receivers = _receivers(notification.values)
        sender = settings.DEFAULT_FROM_EMAIL
        message = email_message(notification, idempotency_key(notification), sender, receivers, clock.now())
        raw = message.message().as_bytes(linesep="\r\n")
    except ValueError as error:  # BadHeaderError too
        return Rejected(_shown(str(error)))
    try:
        refused = hand_in(server, sender, receivers, raw, hello=greeting(settings.PUBLIC_URL), timeout=TIMEOUT)
    except MailError as error:
        return Retry(_shown(str(error))) if error.temporary else Rejected(_shown(str(error)))
    taken = f"{server.host} took it for {len(receivers) - len(refused)} of {len(receivers)}"
    return Sent(_shown(f"{taken}, not for {all_refused(refused)}" if refused else taken))


def greeting(public_url: str) -> str:
    """The name by which the console greets mail servers: its own host, an address in brackets (RFC 5321, 4.1.3)."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        return host if host.isascii() else "localhost"
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def check(values: Mapping[str, str]) -> dict[str, str]:
    """Addresses, and a mail server in the environment."""
    try:
        _receivers(values)
    except ValueError as error:
        return {"to": str(error)}
    return {} if settings.MAIL_SERVER else {"to": NO_SERVER}


def _receivers(values: Mapping[str, str]) -> list[str]:
    """Each address once. Raises ValueError for what is none, for none and for too many."""
    found = list(dict.fromkeys(mail_addresses(values.get("to", ""))))
    if not found:
        raise ValueError("Enter the addresses that get the messages, comma-separated: name@host, name@host")
    if len(found) > MOST_RECEIVERS:
        raise ValueError(f"{len(found)} addresses. Allowed: at most {MOST_RECEIVERS}; a mailing list takes more.")
    return found


def _shown(text: str) -> str:
    return scrub_text(cut(" ".join(text.replace("\0", "").split()), SHOWN))


CHANNEL = Channel(
    "email",
    "E-mail",
    "Through the mail server that OPSCONSOLE_EMAIL_URL names, as OPSCONSOLE_EMAIL_FROM. docs/channels/email.md tells "
    "how to set them.",
    send,
    (ChannelField("to", "Recipients", "Addresses, comma-separated: ops@example.org, ada@example.org"),),
    check,
)
