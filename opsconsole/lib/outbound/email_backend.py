"""E-mail by SMTP with a deadline, and with the authorities of OPSCONSOLE_OUTBOUND_CA_FILE.

The mail server is named by the environment only, so its address is not judged.
"""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.utils.functional import cached_property

from opsconsole.lib.outbound.bounded_socket import BoundedSocket, remaining
from opsconsole.lib.outbound.connect import trusted

SECONDS = 30.0  # for connecting and logging in, and again for each message
REPLIES = 65536  # bytes of replies in that time
PIECE = 65536


class BoundedSmtp(smtplib.SMTP):
    """Its timeout is for each byte: a server that sends one a second would hold the sender up for hours."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self.renew()
        super().__init__(*args, **options)

    def renew(self, deadline: float | None = None) -> None:
        """Begin the time of another message; it ends at `deadline`, of `time.monotonic`, or after SECONDS."""
        self._deadline = time.monotonic() + SECONDS if deadline is None else deadline
        self.file = None

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = BoundedSocket(self.sock, self._deadline, REPLIES).makefile("rb")
        return super().getreply()

    def send(self, s: Any) -> None:
        data = s.encode(self.command_encoding) if isinstance(s, str) else s
        for place in range(0, len(data), PIECE):
            try:
                if self.sock is not None:
                    self.sock.settimeout(remaining(self._deadline))
            except TimeoutError as late:
                self.close()
                raise smtplib.SMTPServerDisconnected(f"Connection closed: {late}") from None
            super().send(data[place : place + PIECE])


class BoundedSmtpTls(BoundedSmtp, smtplib.SMTP_SSL):
    """TLS from the first byte."""


class BoundedEmailBackend(EmailBackend):
    """Django's, with these."""

    @property
    def connection_class(self) -> type[BoundedSmtp]:
        return BoundedSmtpTls if self.use_ssl else BoundedSmtp

    @cached_property
    def ssl_context(self) -> ssl.SSLContext:
        return trusted(settings.OUTBOUND_CA_FILE)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many were taken. Raises OSError, smtplib.SMTPException unless it is to fail silently."""
        opened = self.open()
        try:
            return sum(self._send_one(message) for message in email_messages)
        finally:
            if opened:
                self.close()

    def _send_one(self, message: EmailMessage) -> int:
        if isinstance(self.connection, BoundedSmtp):
            self.connection.renew()
        return super().send_messages([message]) or 0
