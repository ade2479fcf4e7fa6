"""What is sent, what comes back, and to whom."""

from __future__ import annotations

import http.client
import logging
import socket
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from opsconsole.lib.outbound.client import Answer, OutboundError, request
from opsconsole.lib.outbound.guard import check_url
from tests.receivers import weather
from tests.receivers.certificates import Authority
from tests.receivers.fixtures import LOOPBACK
from tests.receivers.http_receiver import HttpReceiver

PATH = "/hooks/hunter2?key=hunter2"
NAME = "hooks.example.com"


def local(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.fixture
def secure(outbound_allowed: None, authority: Authority) -> Iterator[HttpReceiver]:
    """With a certificate for NAME."""
    with HttpReceiver(authority.server(NAME)) as server:
        server.host = NAME
        yield server


def test_a_request_and_its_answer(receiver: HttpReceiver) -> None:
    receiver.forecast(weather.raw(b"HTTP/1.1 201 Made\r\nX-One: a\r\nx-one: b\r\nContent-Length: 3\r\n\r\nyes"))
    headers = {"Content-Type": "application/json", "user-agent": "test"}
    answer = request("POST", receiver.url + PATH, body=b'{"a": 1}', headers=headers, allow=LOOPBACK)
    assert answer == Answer(201, {"x-one": "a, b", "content-length": "3"}, b"yes")
    (received,) = receiver.received
    assert (received.method, received.path, received.body) == ("POST", PATH, b'{"a": 1}')
    assert received.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "accept-encoding": "identity",
        "connection": "close",
        "content-length": "8",
        "content-type": "application/json",
        "user-agent": "test",
    }


@pytest.mark.parametrize(
    ("method", "length"), [("GET", None), ("DELETE", None), ("POST", "0"), ("PUT", "0"), ("PATCH", "0")]
)
def test_without_a_body(receiver: HttpReceiver, method: str, length: str | None) -> None:
    assert request(method, receiver.url, allow=LOOPBACK).body == b"ok"
    assert receiver.received[0].headers.get("content-length") == length
    assert receiver.received[0].headers["user-agent"] == "opsconsole"


@pytest.mark.parametrize("code", [204, 304, 400, 401, 404, 410, 500, 503])
def test_every_status_is_an_answer(receiver: HttpReceiver, code: int) -> None:
    receiver.forecast(weather.status(code))
    assert request("GET", receiver.url, allow=LOOPBACK) == Answer(code, {"content-length": "0"}, b"")


def test_how_long_to_wait_is_told(receiver: HttpReceiver) -> None:
    receiver.forecast(weather.too_many(7))
    answer = request("POST", receiver.url, allow=LOOPBACK)
    assert (answer.status, answer.headers["retry-after"]) == (429, "7")


def test_a_redirect_is_an_answer_and_not_followed(receiver: HttpReceiver) -> None:
    receiver.forecast(weather.redirect(receiver.url + "/elsewhere"))
    assert request("GET", receiver.url, allow=LOOPBACK).status == 302
    assert len(receiver.received) == 1


def test_chunks_are_put_together(receiver: HttpReceiver) -> None:
    chunks = b"3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\nX-Trailer: z\r\n\r\n"
    receiver.forecast(weather.raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks))
    assert request("GET", receiver.url, allow=LOOPBACK).body == b"abc0123456789"


def test_an_answer_before_all_was_taken_counts(outbound_allowed: None) -> None:
    """The receiver reads the headers, refuses and closes: the rest of the body breaks on its way."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            link, _ = server.accept()
            with link:
                link.recv(1000)
                link.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert request("POST", url, body=bytes(30_000_000), allow=LOOPBACK).status == 413
        thread.join()


def test_tls_is_for_the_name_though_an_address_is_connected_to(secure: HttpReceiver) -> None:
    assert request("POST", secure.url + PATH, allow=LOOPBACK, lookup=local).body == b"ok"
    assert secure.received[0].headers["host"] == f"{NAME}:{secure.port}"
    assert request("POST", f"https://{NAME}.:{secure.port}/", allow=LOOPBACK, lookup=local).body == b"ok"


def test_tls_for_an_address(outbound_allowed: None, authority: Authority) -> None:
    with HttpReceiver(authority.server("127.0.0.1")) as server:
        assert request("GET", server.url, allow=LOOPBACK).body == b"ok"


def test_an_address_of_ipv6(outbound_allowed: None) -> None:
    try:
        server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    received: list[bytes] = []

    def serve() -> None:
        link, _ = server.accept()
        with link:
            received.append(link.recv(1000))
            link.sendall(b"HTTP/1.1 204 Taken\r\n\r\n")

    with server:
        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        assert request("GET", f"http://[::1]:{port}/", allow=LOOPBACK).status == 204
        thread.join()
    assert f"Host: [::1]:{port}\r\n".encode() in received[0]


def test_a_host_is_looked_up_once_and_the_next_address_is_tried(secure: HttpReceiver) -> None:
    asked: list[tuple[str, int]] = []

    def several(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["10.0.0.7", "127.0.0.2", "127.0.0.1"]  # one that is not allowed, one where nothing listens

    assert request("GET", secure.url, allow=LOOPBACK, lookup=several).status == 200
    assert asked == [(NAME, secure.port)]


def test_a_name_that_means_another_address_later_gains_nothing(receiver: HttpReceiver) -> None:
    """DNS rebinding: public when it is saved, and again when the request is judged; the inside afterwards."""
    answers = iter(["93.184.216.34", "127.0.0.1"])

    def rebinding(host: str, port: int) -> Sequence[str]:
        return [next(answers)]

    url = f"https://{NAME}:{receiver.port}{PATH}"
    assert check_url(url, (), rebinding) == url
    with pytest.raises(OutboundError, match=r"127\.0\.0\.1 is a loopback address") as refused:
        request("POST", url, allow=(), lookup=rebinding)
    assert refused.value.temporary, "what a name means may be wrong for a moment"
    assert receiver.received == []


def test_in_the_clear_only_to_what_is_named(receiver: HttpReceiver) -> None:
    with pytest.raises(OutboundError, match="Allowed: what OPSCONSOLE_OUTBOUND_ALLOW names") as refused:
        request("POST", receiver.url + PATH, allow=[ip_network("10.0.0.0/8")])
    assert not refused.value.temporary
    assert receiver.received == []


@pytest.mark.parametrize("names", [["HTTP_PROXY", "http_proxy"], ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"]])
def test_no_proxy_of_the_environment_is_used(
    receiver: HttpReceiver, secure: HttpReceiver, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    for name in names:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert request("GET", receiver.url, allow=LOOPBACK).status == 200
    assert request("GET", secure.url, allow=LOOPBACK, lookup=local).status == 200


def test_nothing_notes_the_url(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """sentry-sdk keeps the URLs of http.client's connections as breadcrumbs, and sends them with the next error."""

    def noted(*args: object, **options: object) -> None:
        raise AssertionError("sentry-sdk would keep this")

    monkeypatch.setattr(http.client.HTTPConnection, "putrequest", noted)
    with caplog.at_level(logging.DEBUG):
        request("POST", receiver.url + PATH, allow=LOOPBACK)
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer hunter2\r\nX: y"},
        {"X": "hunter2\x00"},
        {"X": "hunter2ä"},
        {"hunter 2": "x"},
        {"": "x"},
    ],
)
def test_headers_that_cannot_be_sent_are_named_without_their_value(
    receiver: HttpReceiver, headers: dict[str, str]
) -> None:
    with pytest.raises(OutboundError, match=r"The header '.*' cannot be sent") as refused:
        request("POST", receiver.url, headers=headers, allow=LOOPBACK)
    assert not refused.value.temporary
    assert "hunter2" not in str(refused.value)
    assert receiver.received == []


@given(st.text())
def test_any_text_as_url_ends_in_a_refusal_or_not_reached(text: str) -> None:
    def nowhere(host: str, port: int) -> Sequence[str]:
        raise OSError

    with pytest.raises(OutboundError):
        request("POST", text, allow=(), lookup=nowhere, timeout=timedelta(seconds=5))


def test_authorities_of_the_system_are_trusted_beside_the_named(settings: Settings, authority: Authority) -> None:
    from opsconsole.lib.outbound.connect import _context

    named = _context(authority.file, 0).get_ca_certs(binary_form=True)
    assert set(_context(None, 0).get_ca_certs(binary_form=True)) <= set(named)


def test_a_renewed_file_of_authorities_is_read_anew(outbound_allowed: None, settings: Settings, tmp_path: Path) -> None:
    folders = [tmp_path / "old", tmp_path / "new"]
    for folder in folders:
        folder.mkdir()
    old, new = map(Authority, folders)
    settings.OUTBOUND_CA_FILE = old.file
    with HttpReceiver(new.server("127.0.0.1")) as server:
        with pytest.raises(OutboundError, match="not trusted"):
            request("GET", server.url, allow=LOOPBACK)
        new.file.replace(old.file)
        assert request("GET", server.url, allow=LOOPBACK).status == 200
