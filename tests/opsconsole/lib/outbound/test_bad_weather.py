"""Whatever the other side does, a request ends at its deadline with few words that tell no secret."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from opsconsole.lib.outbound.client import LIMIT, OutboundError, request
from opsconsole.lib.outbound.guard import Lookup, system_lookup
from tests.receivers import weather
from tests.receivers.certificates import DAY, Authority
from tests.receivers.fixtures import LOOPBACK
from tests.receivers.http_receiver import HttpReceiver
from tests.receivers.weather import Weather

PATH = "/hooks/hunter2?key=hunter2"
SHORT, LONG = timedelta(seconds=0.5), timedelta(seconds=60)
EVERY = 0.1  # seconds: less than SHORT, and an answer of fifty bytes takes ten times as long
NAME = "hooks.example.com"


def error_of(url: str, timeout: timedelta, lookup: Lookup = system_lookup) -> OutboundError:
    with pytest.raises(OutboundError) as raised:
        request("POST", url + PATH, body=b"{}", allow=LOOPBACK, timeout=timeout, lookup=lookup)
    assert "hunter2" not in str(raised.value)
    return raised.value


def local(host: str, port: int) -> Sequence[str]:
    return ["127.0.0.1"]


@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize(
    "slow",
    [weather.hang, *(weather.drip_status, weather.drip_headers, weather.drip_body, weather.drip_chunks)],
)
def test_a_slow_answer_ends_at_the_deadline(
    outbound_allowed: None, authority: Authority, slow: Callable[..., Weather], tls: bool
) -> None:
    """Each byte comes in time, the whole does not."""
    with HttpReceiver(authority.server("127.0.0.1") if tls else None) as server:
        server.climate = slow() if slow is weather.hang else slow(EVERY)
        error = error_of(server.url, SHORT)
    assert "(within 0.5 s)" in str(error)
    assert error.temporary


@pytest.mark.parametrize("answered", [b"", b"\x16\x03\x03\x40\x00"])
def test_a_handshake_that_does_not_end(outbound_allowed: None, answered: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def hang() -> None:
            link, _ = server.accept()
            with link:
                link.sendall(answered)
                ended.wait()

        thread = threading.Thread(target=hang)
        thread.start()
        try:
            error = error_of(f"https://127.0.0.1:{server.getsockname()[1]}", SHORT)
        finally:
            ended.set()
            thread.join()
    assert str(error) == "127.0.0.1 TLS failed (within 0.5 s)"
    assert error.temporary


def test_a_receiver_that_takes_no_body(outbound_allowed: None) -> None:
    """It accepts the connection and reads nothing: buffers fill, sending stops."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(OutboundError, match=r"within 0\.5 s") as raised:
            request("POST", url + PATH, body=bytes(30_000_000), allow=LOOPBACK, timeout=SHORT)
    assert raised.value.temporary


def test_a_name_that_is_not_looked_up_in_time(outbound_allowed: None) -> None:
    released = threading.Event()

    def hanging(host: str, port: int) -> Sequence[str]:
        released.wait()
        return []

    try:
        error = error_of(f"https://{NAME}", SHORT, hanging)
    finally:
        released.set()
    assert str(error) == f"{NAME} cannot be looked up (within 0.5 s)"
    assert error.temporary


@pytest.mark.parametrize("broken", [OSError(-2, "Name or service not known"), UnicodeError("label hunter2 too long")])
def test_a_name_that_cannot_be_looked_up(outbound_allowed: None, broken: Exception) -> None:
    def failing(host: str, port: int) -> Sequence[str]:
        raise broken

    error = error_of(f"https://{NAME}", LONG, failing)
    assert str(error) in {
        f"{NAME} cannot be looked up (Name or service not known)",
        f"{NAME} cannot be looked up (UnicodeError)",
    }
    assert error.temporary


def test_nobody_listens(outbound_allowed: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = error_of(f"http://127.0.0.1:{port}", LONG)
    assert (str(error), error.temporary) == ("127.0.0.1 cannot be reached (Connection refused)", True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (weather.close_early(), "the answer ends in its midst"),
        (weather.close_at_once(), "the answer ends in its midst"),
        (weather.reset(), "Connection reset by peer"),
        (weather.endless_continue(), "it sends more than an answer may have"),
        (weather.huge_headers(), "it sends more than an answer may have"),
        (weather.raw(b"HTTP/1.1 103 Early Hints\r\n\r\n"), "it answered 103, which announces another answer"),
        (weather.raw(b"hunter2\r\n\r\n"), "not HTTP: BadStatusLine"),
        (weather.raw(b"HTTP/1.1 2000 hunter2\r\n\r\n"), "not HTTP: BadStatusLine"),
        (weather.raw(b"SSH-2.0-OpenSSH_9.6\r\n"), "not HTTP: BadStatusLine"),
        (weather.raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000), "not HTTP: LineTooLong"),
        (weather.raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"), "not HTTP: HTTPException"),
        (weather.raw(CHUNKED + b"hunter2\r\n"), "the answer ends in its midst"),
        (weather.raw(CHUNKED + b"-5\r\nhunter2\r\n0\r\n\r\n"), "not HTTP: ValueError"),
        (weather.raw(CHUNKED + b"FFFFFFFFFFFFFFFF\r\nhunter2"), "the answer ends in its midst"),
        (weather.raw(CHUNKED + b"5\r\nab"), "the answer ends in its midst"),
        (weather.raw(CHUNKED + b"1" * 70_000), "not HTTP: LineTooLong"),
    ],
)
def test_what_is_no_answer(receiver: HttpReceiver, bad: Weather, told: str) -> None:
    receiver.climate = bad
    error = error_of(receiver.url, LONG)
    assert str(error).startswith("127.0.0.1 gave no whole answer (")
    assert told in str(error)
    assert error.temporary


def test_an_answer_without_end_is_cut(receiver: HttpReceiver) -> None:
    receiver.climate = weather.huge()
    answer = request("POST", receiver.url, allow=LOOPBACK, timeout=LONG)
    assert (answer.status, answer.body) == (200, b"x" * LIMIT)
    assert request("POST", receiver.url, allow=LOOPBACK, timeout=LONG, limit=10).body == b"x" * 10


def test_chunks_without_end_are_cut(receiver: HttpReceiver) -> None:
    receiver.climate = weather.raw(CHUNKED + b"4\r\nxxxx\r\n" * 50_000)
    answer = request("POST", receiver.url, allow=LOOPBACK, timeout=LONG, limit=1000)
    assert (answer.status, answer.body) == (200, b"x" * 1000)


def test_tiny_chunks_with_long_names_are_bounded(receiver: HttpReceiver) -> None:
    """Ten thousand bytes for each that counts."""
    receiver.climate = weather.raw(CHUNKED + (b"1;" + b"n" * 10_000 + b"\r\nx\r\n") * 100)
    error = error_of(receiver.url, LONG)
    assert "it sends more than an answer may have" in str(error)


def test_certificates_that_do_not_fit(outbound_allowed: None, authority: Authority, tmp_path: Path) -> None:
    """It is said clearly and tried again: certificates are renewed."""
    cases = {
        "Hostname mismatch": authority.server("other.example.com"),
        "certificate has expired": authority.server(NAME, valid=-DAY),
        "unable to get local issuer certificate": Authority(tmp_path, "somebody else").server(NAME),
    }
    for told, tls in cases.items():
        with HttpReceiver(tls) as server:
            error = error_of(f"https://{NAME}:{server.port}", LONG, local)
            assert server.received == []
        assert str(error).startswith(f"{NAME}: its certificate is not trusted (")
        assert told in str(error)
        assert str(error).endswith("OPSCONSOLE_OUTBOUND_CA_FILE may name its CA")
        assert error.temporary


def test_a_receiver_without_tls(receiver: HttpReceiver) -> None:
    error = error_of(f"https://127.0.0.1:{receiver.port}", LONG)
    assert str(error).startswith("127.0.0.1 TLS failed (")
    assert error.temporary
    assert receiver.received == []
