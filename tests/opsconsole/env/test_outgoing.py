"""Settings that name receivers: what is allowed, and that nothing else is."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.env.outgoing import MailServer, mail_server, webhook_url
from opsconsole.env.variables import SettingError, read
from opsconsole.production import check_mail


@pytest.mark.parametrize(
    "url",
    [
        *("https://hooks.example.org/T0/x", "http://localhost:8080/", "http://10.0.0.7/x", "http://[::1]:9/"),
        *("https://a?b", "http://100.64.1.1/x", "http://192.168.255.255/", "http://[fd00::1]/"),
    ],
)
def test_webhooks(url: str) -> None:
    assert read("OPSCONSOLE_AUDIT_WEBHOOK", {"OPSCONSOLE_AUDIT_WEBHOOK": url}) == url


@pytest.mark.parametrize(
    "url",
    [
        *("http://169.254.169.254/", "http://[fe80::1]/", "http://0.0.0.0/", "http://172.32.0.1/"),
        *("http://example.org/", "http://8.8.8.8/", "ftp://a/", "https://", "https://u:p@a/", "https://a:b/"),
        *("https://a/\r\nX: y", "https://a/#x", "https://ä/", "file:///etc/passwd", "a.example"),
        *("https://hooks..slack.com/x", "https://.slack.com/x", f"https://{'a' * 64}.com/"),
    ],
)
def test_what_is_no_webhook_is_refused_without_printing_it(url: str) -> None:
    with pytest.raises(SettingError) as refused:
        read("OPSCONSOLE_AUDIT_WEBHOOK", {"OPSCONSOLE_AUDIT_WEBHOOK": url})
    assert str(refused.value).startswith("OPSCONSOLE_AUDIT_WEBHOOK: its value cannot be used. Allowed: https://host")
    assert url not in str(refused.value).replace("https://host/path", "")


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail", MailServer("smtp", "mail", 25, "", "")),
        ("smtp://mail:2525/", MailServer("smtp", "mail", 2525, "", "")),
        ("submission://u%40x:p%3Aw@mail.example.org", MailServer("submission", "mail.example.org", 587, "u@x", "p:w")),
        ("smtp://u:p@mail", MailServer("submission", "mail", 587, "u", "p")),
        ("smtp://u:p@mail:25", MailServer("submission", "mail", 25, "u", "p")),
        ("submission://mail", MailServer("submission", "mail", 587, "", "")),
        ("smtps://u:p@mail:4465", MailServer("smtps", "mail", 4465, "u", "p")),
    ],
)
def test_mail_servers(url: str, server: MailServer) -> None:
    assert mail_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        *("smtp://:p@mail", "mail", "smtp://", "http://mail", "smtp://mail/x", "smtp://m:x"),
        *("smtps://a:p%C3%A4ss@h", "smtps://%E4:p@h", "smtp://mail..example"),
    ],
)
def test_what_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match=r"OPSCONSOLE_EMAIL_URL: its value cannot be used\. Allowed: smtp://host"):
        read("OPSCONSOLE_EMAIL_URL", {"OPSCONSOLE_EMAIL_URL": url})


@pytest.mark.parametrize("addresses", ["ada", "ada@", "@x", "a b@x", "Ada <ada@x>", "a@x, b", "a@x..y"])
def test_what_is_no_address_is_refused(addresses: str) -> None:
    with pytest.raises(SettingError, match=r"OPSCONSOLE_AUDIT_EMAIL: .*Allowed: name@host"):
        read("OPSCONSOLE_AUDIT_EMAIL", {"OPSCONSOLE_AUDIT_EMAIL": addresses})


def test_addresses_need_a_mail_server() -> None:
    check_mail(None, [])
    check_mail(mail_server("smtp://mail"), ["ada@example.org"])
    with pytest.raises(SettingError, match="OPSCONSOLE_AUDIT_EMAIL: needs OPSCONSOLE_EMAIL_URL"):
        check_mail(None, ["ada@example.org"])


@pytest.mark.parametrize("name", ["OPSCONSOLE_SLACK_URL", "OPSCONSOLE_PAGERDUTY_URL"])
def test_base_addresses(name: str) -> None:
    assert read(name, {}).startswith("https://")
    assert read(name, {name: "http://127.0.0.1:8080/api/"}) == "http://127.0.0.1:8080/api"
    for bad in ("events.pagerduty.com", "https://", "https://user:hunter2@a.example", "https://a.example/?a"):
        with pytest.raises(SettingError) as refused:
            read(name, {name: bad})
        assert str(refused.value).startswith(f"{name}: ")


@given(st.text())
def test_any_text_is_an_address_of_a_webhook_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert webhook_url(text) == text
