"""Sends the daily head by webhook and by e-mail.

The addresses come from the environment, from nobody who uses the console, so they may be inside of the network. No
redirect is followed and nothing of an answer is kept but its status.
"""

from __future__ import annotations

import http.client
import json
import smtplib
import ssl
from contextlib import closing
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage

from bootstrap.checklists.audit.head_message import HeadMessage

TIMEOUT = 5.0  # seconds for each step; the worker has other work


class NotSent(Exception):
    """The receiver did not take the message; the text says why, without the address, which may contain a secret."""


def send_webhook(message: HeadMessage) -> None:
    """POST the message as JSON. Raises NotSent unless the answer is 2xx."""
    parts = urlsplit(str(settings.AUDIT_WEBHOOK))
    make = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    body = json.dumps(message.as_json()).encode()
    try:
        with closing(make(parts.hostname or "", parts.port, timeout=TIMEOUT)) as link:
            link.request("POST", path, body, {"Content-Type": "application/json", "User-Agent": "opsconsole"})
            status = link.getresponse().status
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise NotSent(f"{parts.hostname} cannot be reached ({_why(error)})") from None
    if not 200 <= status < 300:
        raise NotSent(f"{parts.hostname} answered {status}")


def send_email(message: HeadMessage) -> None:
    """Hand the message to the mail server. Raises NotSent."""
    try:
        EmailMessage(message.subject, message.text, settings.DEFAULT_FROM_EMAIL, settings.AUDIT_EMAIL).send()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise NotSent(f"the mail server did not take it ({_why(error)})") from None


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ValueError):  # its text may quote the value
        return f"a host, user, password or address of the settings cannot be used: {type(error).__name__}"
    return " ".join(str(error).split())[:200] or type(error).__name__
