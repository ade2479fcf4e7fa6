"""What goes over the wire and comes back: kept connections, addresses, heads and bodies as odd servers write them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from detections.probes.program import probe
from tests.detections.probes.samples import target

BODY = b'{"meta": {"rollout_variant": "canary", "rollout_bucket": 1, "policy_version": "p-7"}}'
KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pair() -> Iterator[Callable[[], Pair]]:
    """Makes connections of which the test holds the other end; what it writes beforehand is the answer."""
    with ExitStack() as ends:

        def make() -> Pair:
            ours, theirs = socket.socketpair()
            return ends.enter_context(ours), ends.enter_context(theirs)

        yield make


def session_on(*ours: socket.socket, **changes: Any) -> Any:
    """A session whose connections are these, one after the other."""
    left = iter(ours)
    return probe.Session(target(**changes), lambda host, port, seconds: next(left), None)


def outcome(reply: Any) -> tuple[str, str]:
    found: tuple[str, str, Any] = probe.outcome_of(reply, target())
    return found[:2]


@pytest.mark.parametrize("stray", [b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", b"\r\n", b""])
def test_what_a_server_says_on_an_idle_connection_is_no_answer_to_the_next_sample(
    stray: bytes, pair: Callable[[], Pair]
) -> None:
    (first, one), (second, two) = pair(), pair()
    session = session_on(first, second)
    one.sendall(KEPT)
    two.sendall(KEPT)
    assert session.send({}, b"{}").status == 200
    one.sendall(stray)
    one.close()
    assert outcome(session.send({}, b"{}")) == ("ok", "")


def test_a_connection_that_is_silent_is_kept(pair: Callable[[], Pair]) -> None:
    ours, theirs = pair()

    def serve() -> None:
        while theirs.recv(65536):
            theirs.sendall(KEPT)

    serving = threading.Thread(target=serve)
    serving.start()
    session = session_on(ours)
    assert [outcome(session.send({}, b"{}")) for _ in range(3)] == [("ok", "")] * 3
    session.close()
    serving.join()


ODD = {
    "a chunked body with a trailer": (b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nx: y\r\n\r\n", "ok", ""),
    "a chunk that ends early": (b"Transfer-Encoding: chunked\r\n\r\nfff%x\r\n%s", "non_200", "ended too early"),
    "a length that is no number": (b"Content-Length: x%x\r\n\r\n%s", "ok", ""),
    "a body packed unasked": (
        b"Content-Encoding: gzip\r\nContent-Type: application/json\r\nx: %x\r\n\r\n\x1f\x8b%s",
        "parse_error",
        "packed as gzip",
    ),
}


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
@pytest.mark.parametrize("name", ODD)
def test_odd_answers(name: str, version: bytes, pair: Callable[[], Pair]) -> None:
    head, wanted, says = ODD[name]
    ours, theirs = pair()
    theirs.sendall(b"HTTP/" + version + b" 200 OK\r\n" + head % (len(BODY), BODY))
    theirs.shutdown(socket.SHUT_WR)
    found = outcome(session_on(ours).send({}, b"{}"))
    assert found[0] == wanted
    assert says in found[1]


@pytest.mark.parametrize(
    ("base", "host", "path"),
    [
        ("http://[::1]:8080/shop/eu", b"[::1]:8080", b"/shop/eu/v1/chat"),
        ("http://[2001:db8::1]", b"[2001:db8::1]", b"/v1/chat"),
        ("http://shop.example:80/", b"shop.example", b"/v1/chat"),
        ("http://shop.example:443", b"shop.example:443", b"/v1/chat"),
    ],
)
def test_the_host_and_path_of_a_request(base: str, host: bytes, path: bytes, pair: Callable[[], Pair]) -> None:
    ours, theirs = pair()
    theirs.sendall(KEPT)
    assert session_on(ours, base=base).send({}, b"{}").status == 200
    sent = theirs.recv(65536)
    assert sent.startswith(b"POST " + path + b" HTTP/1.1\r\n")
    assert b"\r\nHost: " + host + b"\r\n" in sent


def test_an_address_that_is_silent_leaves_time_for_the_next() -> None:
    with ExitStack() as open_:
        silent, good = (open_.enter_context(socket.socket()) for _ in range(2))
        for listener, backlog in ((silent, 0), (good, 5)):
            listener.bind(("127.0.0.1", 0))
            listener.listen(backlog)
        for _ in range(4):  # with its queue full, a listener lets further connections wait
            waiting = open_.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(silent.getsockname())
        connect = probe.SystemConnect()
        rows = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", each.getsockname()) for each in (silent, good)]
        connect._found["shop.example", 443] = rows
        found = open_.enter_context(connect("shop.example", 443, 0.5))
        assert found.getpeername() == good.getsockname()


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".example", "nowhere.invalid"])
def test_a_name_that_no_host_can_have_is_not_found(host: str) -> None:
    reply = probe.Session(target(base=f"http://{host}"), probe.SystemConnect(), None).send({}, b"")
    assert (reply.status, reply.error) == (None, "host not found")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        *[("3", 3.0), ("0", 0.0), ("99999999999", 999999999.0), ("-1", None), ("1e3", None), ("٣", None), ("", None)],
        *[("3, 120", 120.0), ("120 ,3", 120.0), ("3,", None), ("3, x", None)],
    ],
)
def test_how_long_an_answer_asks_to_wait(asked: str, seconds: float | None) -> None:
    assert probe._retry_after(asked, datetime(2026, 6, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(("later", "seconds"), [(3, 3.0), (3600, 3600.0), (-60, 0.0)])
def test_an_answer_may_ask_to_wait_until_a_date(later: int, seconds: float) -> None:
    now = datetime(2026, 6, 12, tzinfo=UTC)
    date = format_datetime(now + timedelta(seconds=later), usegmt=True)
    assert probe._retry_after(date, now) == seconds
    for odd in ("Wed, 99 Oct 2026 07:28:00 GMT", "yesterday", "Wed, 21 Oct 99999 07:28:00 GMT"):
        assert probe._retry_after(odd, now) is None
