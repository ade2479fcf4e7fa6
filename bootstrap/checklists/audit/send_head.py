"""Sends the daily head by webhook and by e-mail.

The addresses come from the environment, from nobody who uses the console, so they may be inside of the network. Nothing
of an answer is kept but its status.
"""

from __future__ import annotations

import json
import smtplib
import ssl

from django.conf import settings
from django.core.mail import EmailMessage

from bootstrap.checklists.audit.head_message import HeadMessage
from opsconsole.env.outbound_url import parse_url
from opsconsole.env.outgoing import NEAR
from opsconsole.lib.outbound.client import OutboundError, request


class NotSent(Exception):
    """The receiver did not take the message; the text says why, without the address, which may contain a secret."""


def send_webhook(message: HeadMessage) -> None:
    """POST the message as JSON. Raises NotSent unless the answer is 2xx."""
    url, body = str(settings.AUDIT_WEBHOOK), json.dumps(message.as_json()).encode()
    headers = {"Content-Type": "application/json"}
    try:
        answer = request("POST", url, body=body, headers=headers, allow=(*NEAR, *settings.OUTBOUND_ALLOW))
    except OutboundError as error:
        raise NotSent(str(error)) from None
    if not 200 <= answer.status < 300:
        raise NotSent(f"{parse_url(url).host} answered {answer.status}")


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
