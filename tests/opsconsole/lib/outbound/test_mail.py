"""One e-mail is handed in within its deadline, over TLS where its scheme says so, and refusals are told."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from opsconsole.env.outgoing import mail_server as parsed
from opsconsole.lib.outbound.mail import MailError, hand_in
from tests.receivers import weather
from tests.receivers.certificates import DAY, Authority
from tests.receivers.mail import MailServer
from tests.receivers.weather import Weather

RAW = (
    b"From: console@example.org\r\nTo: ada@example.org\r\nSubject: s\r\nDate: Fri, 12 Jun 2026 14:00:00 +0000\r\n"
    b"Message-ID: <1@example.org>\r\n\r\nhello\r\n"
)
REPLY = b"250 " + b"o" * 50 + b"\r\n"  # at a tenth of a second each, ten times as long as the deadline
ADA, BOB = "ada@example.org", "bob@example.org"


def send(server: MailServer, url: str = "", receivers: tuple[str, ...] = (ADA,), **options: Any) -> dict[str, str]:
    options.setdefault("timeout", timedelta(seconds=10))
    return hand_in(parsed(url or server.url), "console@example.org", receivers, RAW, hello="localhost", **options)


def refusal(server: MailServer, url: str = "", **options: Any) -> MailError:
    with pytest.raises(MailError) as refused:
        send(server, url, **options)
    assert server.mails == []
    return refused.value


def test_a_message_is_taken(mail_server: MailServer) -> None:
    assert send(mail_server, receivers=(ADA, BOB)) == {}
    (mail,) = mail_server.mails
    assert (mail.sender, mail.receivers, mail.raw, mail.secure) == ("console@example.org", (ADA, BOB), RAW, False)


def test_receivers_that_are_refused_are_told_and_the_others_get_it(mail_server: MailServer) -> None:
    mail_server.reject = {BOB}
    assert send(mail_server, receivers=(ADA, BOB)) == {BOB: f"550 no such user {BOB}"}
    assert mail_server.mails[0].receivers == (ADA,)


def test_when_all_are_refused_nothing_is_sent(mail_server: MailServer) -> None:
    mail_server.reject = {ADA, BOB}
    error = refusal(mail_server, receivers=(ADA, BOB))
    assert not error.temporary
    assert str(error) == (f"127.0.0.1 took it for nobody: {ADA}: 550 no such user {ADA}; {BOB}: 550 no such user {BOB}")


@pytest.mark.parametrize(
    ("said", "temporary"), [("451 later", True), ("421 too many", True), ("550 no", False), ("552 too big", False)]
)
def test_4xx_is_for_a_moment_and_5xx_for_good(mail_server: MailServer, said: str, temporary: bool) -> None:
    mail_server.forecast(said)
    error = refusal(mail_server)
    assert error.temporary == temporary
    assert str(error) == f"127.0.0.1: {said} (its sender is OPSCONSOLE_EMAIL_FROM)"


@pytest.mark.parametrize("bad", [weather.hang(), weather.drip(REPLY, 0.1), weather.drip(b"250-x\r\n" * 9, 0.1)])
@pytest.mark.parametrize("at_once", [False, True])
def test_a_slow_server_takes_no_longer_than_the_deadline(mail_server: MailServer, bad: Weather, at_once: bool) -> None:
    if at_once:
        mail_server.greeting = bad
    else:
        mail_server.climate = bad
    error = refusal(mail_server, timeout=timedelta(seconds=0.5))
    assert error.temporary
    assert "timed out" in str(error)


def test_a_lookup_that_hangs_takes_no_longer_than_the_deadline(mail_server: MailServer) -> None:
    released = threading.Event()

    def lookup(host: str, port: int) -> list[str]:
        released.wait(30)
        return []

    error = refusal(mail_server, "smtp://mail.example.org", timeout=timedelta(seconds=0.05), lookup=lookup)
    released.set()
    assert (error.temporary, str(error)) == (True, "mail.example.org cannot be reached (within 0.05 s)")


@pytest.mark.parametrize("bad", [weather.reset(), weather.close_at_once(), weather.raw(b"250-x\r\n" * 50_000)])
def test_what_is_no_answer_is_for_a_moment(mail_server: MailServer, bad: Weather) -> None:
    mail_server.climate = bad
    assert refusal(mail_server).temporary


def test_a_server_that_is_not_there(mail_server: MailServer) -> None:
    error = refusal(mail_server, "smtp://127.0.0.1:1")
    assert (error.temporary, str(error)) == (True, "127.0.0.1 did not take it (Connection refused)")


@pytest.mark.parametrize("start", [False, True])
def test_a_password_goes_over_tls_to_the_server_that_is_meant(
    outbound_allowed: None, authority: Authority, tmp_path: Path, start: bool
) -> None:
    bad = [
        authority.server("mail.example.org"),
        authority.server("127.0.0.1", valid=-DAY),
        Authority(tmp_path, "somebody else").server("127.0.0.1"),
    ]
    for tls in (authority.server("127.0.0.1"), *bad):
        with MailServer(login=("a@b", "p:w/d"), **({"starttls": tls} if start else {"tls": tls})) as server:
            url = f"{'smtp' if start else 'smtps'}://a%40b:p%3Aw%2Fd@127.0.0.1:{server.port}"
            if tls in bad:
                error = refusal(server, url)
                assert error.temporary
                assert "its certificate is not trusted" in str(error)
            else:
                send(server, url)
                assert [(each.secure, each.user) for each in server.mails] == [(True, "a@b")]


def test_a_wrong_password_is_for_good_and_not_told(outbound_allowed: None, authority: Authority) -> None:
    with MailServer(login=("ada", "right"), starttls=authority.server("127.0.0.1")) as server:
        error = refusal(server, f"smtp://ada:hunter2@127.0.0.1:{server.port}")
    assert not error.temporary
    assert str(error) == "127.0.0.1: 535 wrong password (user and password of OPSCONSOLE_EMAIL_URL)"


@pytest.mark.parametrize("url", ["smtp://ada:hunter2@127.0.0.1:{}", "submission://127.0.0.1:{}"])
def test_without_starttls_nothing_is_sent(mail_server: MailServer, url: str) -> None:
    """Somebody on the way may have taken it out of the offer."""
    error = refusal(mail_server, url.format(mail_server.port))
    assert (error.temporary, "offers no STARTTLS" in str(error)) == (True, True)
