"""Answers as odd and hostile servers write them, byte by byte: interim ones, framing, heads without end."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detections.probes.program import probe
from tests.detections.probes.samples import target

BODY = b'{"meta": null}'
PLAIN = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 14\r\n\r\n" + BODY
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n" + BODY[:5] + b"\r\n9\r\n" + BODY[5:]
CHUNKED += b"\r\n0\r\nX-T: 1\r\n\r\n"
INTERIM = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"


class Scripted:
    """In place of a socket: each read gives the next part, then the end. It is always ready for both."""

    def __init__(self, *parts: bytes) -> None:
        self.parts = list(parts)
        self._ready, self._other = socket.socketpair()
        self._other.sendall(b"x")

    def fileno(self) -> int:
        return self._ready.fileno()

    def settimeout(self, seconds: float) -> None:
        assert seconds == 0

    def setsockopt(self, *option: int) -> None:
        """Any option is taken."""

    def send(self, data: bytes) -> int:
        return min(len(data), 100)

    def recv(self, most: int) -> bytes:
        part = self.parts.pop(0) if self.parts else b""
        if len(part) > most:
            self.parts.insert(0, part[most:])
        return part[:most]

    def close(self) -> None:
        self._ready.close()
        self._other.close()


def reply_to(*parts: bytes, headers: dict[str, str] | None = None, **changes: Any) -> Any:
    with closing(Scripted(*parts)) as scripted:
        return probe.Session(target(**changes), lambda *_: scripted, None).send(headers or {}, b"{}")


def ended(*parts: bytes, **changes: Any) -> tuple[int | None, bytes, str]:
    reply = reply_to(*parts, **changes)
    return reply.status, reply.body, reply.error


@given(st.sampled_from([PLAIN, CHUNKED, INTERIM + PLAIN]), st.lists(st.integers(0, 120), max_size=6))
def test_where_the_bytes_are_cut_makes_no_difference(answer: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(answer)]
    parts = [answer[start:end] for start, end in pairwise(edges) if start < end]
    assert ended(*parts) == (200, BODY, "")


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_an_interim_answer_is_not_the_answer(status: int) -> None:
    interim = b"HTTP/1.1 %d Interim\r\nX-A: 2\r\n\r\n" % status
    reply = reply_to(interim * 3 + PLAIN)
    assert (reply.status, reply.headers["x-a"], reply.body) == (200, "1", BODY)


def test_a_change_of_protocol_is_an_answer_that_nobody_asked_for() -> None:
    assert ended(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x05hello") == (101, b"", "")


def test_interim_answers_without_end_are_given_up() -> None:
    assert "more than 20 interim ones" in ended(INTERIM * 21)[2]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "does not begin with a status"),
        (b"HTTP/1.1 2x0 OK\r\n\r\n", "does not begin with a status"),
        (b"HTTP/2 200\r\n\r\n", "does not begin with a status"),
        (b"\r\n" + PLAIN, "does not begin with a status"),
        (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "is no header"),
        (b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n", "is no header"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "several lengths"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "head is larger than 64 KiB"),
        (b"HTTP/1.1 200 OK\r\nX: 1\r\n", "ended too early"),
        (CHUNKED[:-6], "ended too early"),
        (CHUNKED.replace(b"5;x", b"-5;x"), "a chunk has no size"),
        (CHUNKED.replace(b"5;x", b"4;x"), "a chunk is longer than its size"),
        (CHUNKED.replace(b"5;x", b"5;" + b"x" * 9_000), "a line is larger than 8 KiB"),
        (CHUNKED.replace(b"X-T: 1\r\n", b"X-T: 1\r\n" * 101), "more than 100 trailers"),
        (CHUNKED.partition(b"5;")[0] + b"1\r\nx\r\n" * 600_000, "chunks are too small"),
    ],
)
def test_what_is_no_answer_is_told_in_words(answer: bytes, says: str) -> None:
    status, body, error = ended(answer)
    assert (status, body) == (None, b"")
    assert says in error


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (PLAIN.replace(b"\r\n", b"\n"), BODY),
        (PLAIN.replace(b" OK", b""), BODY),
        (PLAIN.replace(b"Length: 14", b"Length: 14, 14"), BODY),
        (PLAIN.replace(b"Content-Length: 14", b"Transfer-Encoding: gzip, Chunked"), b""),
        (PLAIN.replace(b"Length: 14", b"Length: " + b"9" * 5_000), BODY),
        (PLAIN + b"more that nobody asked for", BODY),
    ],
    ids=["bare line ends", "no reason", "the length twice", "not chunked at all", "an endless length", "a tail"],
)
def test_odd_answers_are_read_as_others_read_them(answer: bytes, body: bytes) -> None:
    assert ended(answer)[1] == body


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_without_a_body_are_not_waited_for(method: str, status: int) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: 14\r\n\r\n" % status
    assert ended(head, method=method, expect_json=False, invariants=[], ok_statuses=[200, 204]) == (status, b"", "")


def test_a_header_that_comes_twice_or_goes_on_is_one() -> None:
    modern, status, headers = probe.read_head(b"HTTP/1.0 200 OK\r\nX-A : 1\r\nx-a:2\r\nX-B: one\r\n  two \r\nX-C:")
    assert (modern, status, headers) == (False, 200, {"x-a": "1, 2", "x-b": "one two", "x-c": ""})


@pytest.mark.parametrize("variant", ["kanäle", "日本", "\u202edlo"])
def test_a_header_in_utf8_says_what_the_body_says(variant: str) -> None:
    """As services send it that pass bytes on; HTTP says Latin-1, which is read as such where it is no UTF-8."""
    _, _, headers = probe.read_head(b"HTTP/1.1 200 OK\r\nX-A: " + variant.encode() + b"\r\nX-B: caf\xe9 \xff")
    assert headers == {"x-a": variant, "x-b": "caf\u00e9 \u00ff"}


@given(st.binary(max_size=200))
def test_no_head_makes_reading_fail_otherwise(tail: bytes) -> None:
    try:
        _, status, headers = probe.read_head(b"HTTP/1.1 200 OK\r\n" + tail)
    except probe.BadAnswer:
        return
    assert status == 200
    assert all(name == name.lower() for name in headers)


def test_a_large_request_that_is_refused_before_it_was_read_has_its_answer() -> None:
    """The service answers 413 and closes: what it said is the answer, not that it closed."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def refuse() -> None:
            link, _ = listening.accept()
            with link:
                link.recv(100)
                link.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                link.shutdown(socket.SHUT_WR)
                while link.recv(1 << 20):
                    continue

        serving = threading.Thread(target=refuse)
        serving.start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        session = probe.Session(target(base=base), probe.SystemConnect(), None)
        assert session.send({}, b"x" * 1_000_000).status == 413
        session.close()
        serving.join()


DRIP = [bytes([byte]) for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 1_000]


@pytest.mark.parametrize(
    ("sent", "says"),
    [([], "timed out"), (DRIP, "timed out"), ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "TLS failed: ")],
    ids=["silent", "a byte at a time", "no TLS at all"],
)
def test_a_handshake_takes_no_longer_than_the_attempt(sent: list[bytes], says: str) -> None:
    gone, left = threading.Event(), iter(sent)
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def drip() -> None:
            link, _ = listening.accept()
            with link, suppress(ConnectionError):
                while not gone.wait(0.05):
                    link.sendall(next(left, b""))

        serving = threading.Thread(target=drip)
        serving.start()
        base = f"https://127.0.0.1:{listening.getsockname()[1]}"
        reply = probe.Session(target(base=base, timeout_ms=1_000), probe.SystemConnect(), None).send({}, b"")
        gone.set()
        serving.join()
    assert reply.status is None
    assert reply.error.startswith(says)


@given(
    st.lists(st.sampled_from([PLAIN, CHUNKED, INTERIM]), max_size=2).map(b"".join),
    st.lists(st.tuples(st.integers(0, 250), st.binary(max_size=4)), max_size=3),
)
def test_no_bytes_make_an_attempt_fail_otherwise_than_in_words(answer: bytes, changes: list[tuple[int, bytes]]) -> None:
    for at, new in changes:
        answer = answer[:at] + new + answer[at + len(new) :]
    reply = reply_to(answer[:100], answer[100:])
    assert (reply.status is None) == (reply.error not in ("", "the answer is larger than 1 MiB"))
    probe.outcome_of(reply, target())


def test_a_header_of_several_lines_is_never_sent() -> None:
    reply = reply_to(PLAIN, headers={"x": "a\r\nhost: b"})
    assert (reply.status, reply.error) == (None, "the request cannot be sent: ValueError")
