"""E-mail ends at its deadline whatever the server does, and goes to no server that is not the one meant."""

from __future__ import annotations

import smtplib
import ssl
from pathlib import Path

import pytest
from django.core.mail import EmailMessage, get_connection
from pytest_django import Settings

from opsconsole.lib.outbound import email_backend
from tests.receivers import weather
from tests.receivers.certificates import DAY, Authority
from tests.receivers.mail import MailServer
from tests.receivers.weather import Weather

BACKEND = "opsconsole.lib.outbound.email_backend.BoundedEmailBackend"
REPLY = b"250 " + b"o" * 50 + b"\r\n"  # at a tenth of a second each, ten times as long as the deadline


def mail(body: str = "hello") -> EmailMessage:
    return EmailMessage("subject", body, "console@example.org", ["ada@example.org"])


def test_it_is_the_consoles_backend() -> None:
    """pytest-django replaces the setting in tests."""
    from opsconsole import settings as written

    assert written.EMAIL_BACKEND == BACKEND


@pytest.mark.parametrize("bad", [weather.hang(), weather.drip(REPLY, 0.1), weather.drip(b"250-x\r\n" * 9, 0.1)])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_slow_server(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, bad: Weather, at_once: bool) -> None:
    monkeypatch.setattr(email_backend, "SECONDS", 0.5)
    if at_once:
        mail_server.greeting = bad
    else:
        mail_server.climate = bad
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        mail().send()
    assert mail_server.mails == []


def test_a_server_that_takes_no_message(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says that it is ready and reads nothing: buffers fill."""
    monkeypatch.setattr(email_backend, "SECONDS", 0.5)
    with smtplib.SMTP(mail_server.host, mail_server.port):
        client = email_backend.BoundedSmtp(mail_server.host, mail_server.port)
        client.ehlo()
        mail_server.climate = weather.hang()
        client.putcmd("mail", "FROM:<console@example.org>")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.send(bytes(50_000_000))
        assert client.sock is None


def test_nothing_is_sent_after_the_deadline(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    client = email_backend.BoundedSmtp(mail_server.host, mail_server.port)
    monkeypatch.setattr(email_backend.time, "monotonic", lambda: 1e9)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="Connection closed: timed out"):
        client.send("NOOP\r\n")
    assert client.sock is None


def test_replies_without_end(mail_server: MailServer) -> None:
    mail_server.climate = weather.raw(b"250-x\r\n" * 50_000)
    with pytest.raises(smtplib.SMTPServerDisconnected, match="it sends more than an answer may have"):
        mail().send()


def test_each_message_has_a_time_of_its_own(mail_server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = get_connection()
    connection.open()
    monkeypatch.setattr(email_backend.time, "monotonic", lambda: 1e9)  # long after the login's deadline
    assert connection.send_messages([mail("one"), mail("two")]) == 2
    assert [each.text().strip() for each in mail_server.mails] == ["one", "two"]


@pytest.mark.parametrize("start", [False, True])
def test_certificates_are_verified_by_the_named_authority(
    outbound_allowed: None, authority: Authority, settings: Settings, tmp_path: Path, start: bool
) -> None:
    settings.EMAIL_BACKEND = BACKEND
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = start, not start
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = login = ("ada", "hunter2")
    good = authority.server("127.0.0.1")
    bad = [
        authority.server("mail.example.org"),
        authority.server("127.0.0.1", valid=-DAY),
        Authority(tmp_path, "somebody else").server("127.0.0.1"),
    ]
    for tls in (good, *bad):
        with MailServer(login=login, **({"starttls": tls} if start else {"tls": tls})) as server:
            settings.EMAIL_HOST, settings.EMAIL_PORT = server.host, server.port
            if tls is good:
                mail().send()
                assert [(each.secure, each.user) for each in server.mails] == [(True, "ada")]
                continue
            with pytest.raises(ssl.SSLCertVerificationError):
                mail().send()
            assert server.mails == []
