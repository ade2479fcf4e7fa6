"""The head of each day goes to the log, the file, the webhook and the addresses: once, or with its error."""

from __future__ import annotations

import http.server
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as console_settings
from django.core.mail import EmailMessage
from pytest_django import Settings

from bootstrap.checklists.audit.append import ActRequest
from bootstrap.checklists.audit.chain_head import parse_head
from bootstrap.checklists.audit.daily_head import send_daily_head
from bootstrap.checklists.audit.head_message import HeadMessage
from bootstrap.checklists.audit.heads_file import HeadsFile, read
from bootstrap.checklists.audit.send_head import NotSent, send_email, send_webhook
from bootstrap.checklists.audit.verify import verify_audit
from bootstrap.checklists.models import DailyHead, Item, SignOff
from bootstrap.checklists.signing.sign import sign
from opsconsole.accounts.models import User
from tests.bootstrap.builders import NOON

pytestmark = pytest.mark.django_db
MESSAGE = HeadMessage("http://console.test", NOON.date(), 3, "a" * 64, 2, NOON, 0)


@pytest.fixture
def act(shipped_runbooks: None) -> SignOff:
    item = Item.objects.filter(section__slug="core").select_related("section__version")[0]
    run = item.section.version.runs.get(environment__slug="prod")
    return sign(ActRequest(run, item, User.objects.create_superuser("admin"), NOON, note="checked"))


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted, and answers with the status of its server."""

    def do_POST(self) -> None:
        server: Any = self.server
        server.received.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the test says what was received."""


@contextmanager
def receiver(status: int) -> Iterator[tuple[str, list[Any]]]:
    server: Any = http.server.HTTPServer(("127.0.0.1", 0), Receiver)
    server.status, server.received = status, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook?t=1", server.received
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_without_receivers_it_is_kept_in_file_and_log_once(act: SignOff, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        for hour in range(3):
            send_daily_head(NOON + timedelta(hours=hour))
    (row,) = DailyHead.objects.all()
    assert (row.number, row.hash, row.acts, row.error, row.webhook_at, row.email_at) == (
        *(act.pk, act.hash, 1, ""),
        *(None, None),
    )
    assert [vars(each).get("head") for each in caplog.records] == [f"{act.pk}:{act.hash}"]
    send_daily_head(NOON + timedelta(days=1))
    assert [head.number for head in read_file().heads] == [act.pk, act.pk]
    assert DailyHead.objects.count() == 2


def read_file() -> HeadsFile:
    return read(console_settings.AUDIT_HEADS_FILE)


def test_before_the_first_act_there_is_none() -> None:
    assert send_daily_head(NOON) is None
    assert not DailyHead.objects.exists()
    assert not read_file().exists


def test_what_the_webhook_gets_proves_the_chain(act: SignOff, settings: Settings) -> None:
    with receiver(204) as (url, received):
        settings.AUDIT_WEBHOOK = url
        send_daily_head(NOON)
        send_daily_head(NOON + timedelta(hours=1))
    ((path, body),) = received
    assert path == "/hook?t=1"
    assert (body["kind"], body["console"], body["day"], body["acts"], body["restores"]) == (
        *("audit_head", settings.PUBLIC_URL, "2026-06-12"),
        *(1, 0),
    )
    assert f"bin/manage verify_audit --head {body['head']}" in body["text"]
    report = verify_audit([parse_head(body["head"])])
    assert report.findings == ()
    assert "holds against the owner of this machine" in report.proven[-1]
    assert DailyHead.objects.get().webhook_at == NOON


def test_what_is_mailed_proves_the_chain(act: SignOff, settings: Settings, mailoutbox: list[EmailMessage]) -> None:
    settings.AUDIT_EMAIL = ["audit@example.org", "ada@example.org"]
    send_daily_head(NOON)
    send_daily_head(NOON)
    (mail,) = mailoutbox
    assert mail.to == ["audit@example.org", "ada@example.org"]
    assert mail.subject == f"Sign-offs of {settings.PUBLIC_URL} on 2026-06-12: 1 acts"
    head = mail.body.split("--head ")[1].split()[0]
    assert verify_audit([parse_head(head)]).findings == ()
    assert DailyHead.objects.get().email_at == NOON


def test_what_was_not_taken_is_an_error_and_is_sent_again(
    act: SignOff, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The other receiver does not get it twice."""
    settings.AUDIT_WEBHOOK, settings.AUDIT_EMAIL = "https://audit.test/x", ["audit@example.org"]
    mails = 0
    answers: list[str] = ["audit.test answered 500", ""]

    def webhook(message: HeadMessage) -> None:
        if answer := answers.pop(0):
            raise NotSent(answer)

    def email(message: HeadMessage) -> None:
        nonlocal mails
        mails += 1

    senders = {"webhook": webhook, "email": email}
    send_daily_head(NOON, senders)
    row = DailyHead.objects.get()
    assert (row.error, row.webhook_at, row.email_at) == ("webhook: audit.test answered 500", None, NOON)
    assert "head of the sign-offs not sent by webhook: audit.test answered 500" in caplog.messages
    send_daily_head(NOON + timedelta(hours=1), senders)
    row.refresh_from_db()
    assert (row.error, row.webhook_at, row.email_at, mails) == ("", NOON + timedelta(hours=1), NOON, 1)


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_other_than_2xx_is_an_error_and_no_redirect_is_followed(status: int, settings: Settings) -> None:
    with receiver(status) as (url, received):
        settings.AUDIT_WEBHOOK = url
        with pytest.raises(NotSent, match=f"127.0.0.1 answered {status}"):
            send_webhook(MESSAGE)
    assert len(received) == 1


def test_a_mail_server_that_is_down_is_named(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.AUDIT_EMAIL = "127.0.0.1", 1, ["audit@example.org"]
    with pytest.raises(NotSent, match=r"the mail server did not take it .*refused"):
        send_email(MESSAGE)


def test_a_receiver_that_is_down_is_named_without_the_secret_in_its_address(settings: Settings) -> None:
    settings.AUDIT_WEBHOOK = "http://127.0.0.1:1/hook/hunter2"
    with pytest.raises(NotSent, match=r"127\.0\.0\.1 cannot be reached") as refused:
        send_webhook(MESSAGE)
    assert "hunter2" not in str(refused.value)


def test_the_operators_webhook_may_be_inside_but_no_metadata_service(settings: Settings) -> None:
    """A name that means the inside needs no OPSCONSOLE_OUTBOUND_ALLOW."""
    settings.AUDIT_WEBHOOK = "https://localhost:1/hunter2"
    with pytest.raises(NotSent, match=r"localhost cannot be reached \(Connection refused\)"):
        send_webhook(MESSAGE)
    settings.AUDIT_WEBHOOK = "https://169.254.169.254/hunter2"
    with pytest.raises(NotSent, match="an address of a cloud's metadata"):
        send_webhook(MESSAGE)


def test_values_that_cannot_be_sent_are_an_error_without_the_secret(settings: Settings) -> None:
    settings.AUDIT_WEBHOOK = "https://hooks..slack.test/hunter2"
    with pytest.raises(NotSent, match=r"The URL's host is neither a name nor an address") as refused:
        send_webhook(MESSAGE)
    assert "hunter2" not in str(refused.value)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.AUDIT_EMAIL = "mail..test", ["audit@example.org"]
    with pytest.raises(NotSent, match=r"the mail server did not take it .*cannot be used: Unicode"):
        send_email(MESSAGE)


@pytest.mark.parametrize(("name", "other"), [("webhook", "email"), ("email", "webhook")])
def test_one_that_breaks_does_not_stop_the_other(act: SignOff, settings: Settings, name: str, other: str) -> None:
    settings.AUDIT_WEBHOOK, settings.AUDIT_EMAIL = "https://audit.test/x", ["audit@example.org"]

    def broken(message: HeadMessage) -> None:
        raise RuntimeError

    senders = {name: broken, other: lambda _message: None}
    send_daily_head(NOON, senders)
    row = DailyHead.objects.get()
    assert (getattr(row, f"{name}_at"), getattr(row, f"{other}_at")) == (None, NOON)
    assert row.error == f"{name}: RuntimeError, see the log"


def test_what_was_sent_stays_noted_when_the_worker_ends(act: SignOff, settings: Settings) -> None:
    """Else the webhook gets it again each hour."""
    settings.AUDIT_WEBHOOK, settings.AUDIT_EMAIL = "https://audit.test/x", ["audit@example.org"]

    def ended(message: HeadMessage) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        send_daily_head(NOON, {"webhook": lambda _message: None, "email": ended})
    assert DailyHead.objects.get().webhook_at == NOON
