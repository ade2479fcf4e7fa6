"""What the connections of a process share: unfinished requests, memory, places. Large bodies are asked for."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from detections.ingest.protocol.errors import Refused
from opsconsole.web_server.admission import FIRST_BYTES
from tests.opsconsole.web_server.process import LIMITS, PROXY, Client, WebProcess, running

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"


def post(size: int, path: str = "/a") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()


def test_clients_of_a_unix_socket_are_those_of_a_proxy(tmp_path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "web"))
    listening.listen()
    with running(listening=listening) as process:
        link = socket.socket(socket.AF_UNIX)
        link.connect(str(tmp_path / "web"))
        link.setblocking(False)
        client = Client(process, link)
        client.send(GET)

        assert client.answer().body == b"GET /a 0"
        assert process.application.environs[0]["REMOTE_ADDR"] == ""
        assert [channel.counted_as for channel in process.connections.channels()] == [""]
        link.close()


@pytest.fixture
def process() -> Iterator[WebProcess]:
    with running() as started:
        yield started


def test_an_address_with_too_many_unfinished_requests_is_refused_and_others_are_not(process: WebProcess) -> None:
    slow = [process.connect("127.0.0.2", send=b"G") for _ in range(LIMITS.per_address)]

    answer = process.connect("127.0.0.2", send=b"G").answer()
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert answer.body.startswith(b"This address has too many unfinished requests.\nallowed: 3 at a time")
    other = process.connect("127.0.0.3", send=post(2))
    other.send(b"ab")
    assert other.answer().body == b"POST /a 2"
    assert process.connect("127.0.0.2", send=GET).answer().status == 200  # it came whole
    assert not any(client.ended() for client in slow)


def test_what_is_refused_is_logged_once_a_minute(process: WebProcess, caplog: pytest.LogCaptureFixture) -> None:
    for second in range(70):
        if second % 10 == 0:
            process.connect("127.0.0.2", send=b"G")
        process.later(1)

    assert [record.getMessage() for record in caplog.records] == [
        "requests refused before they were whole: 408: 1; of 127.0.0.2 1",
        "requests refused before they were whole: 408: 6; of 127.0.0.2 6",
    ]


def test_requests_that_ended_do_not_count(process: WebProcess) -> None:
    for _ in range(3 * LIMITS.per_address):
        client = process.connect("127.0.0.2", send=post(2))
        client.send(b"ab")
        assert client.answer().status == 200


def test_a_trusted_proxy_may_have_any_number(process: WebProcess) -> None:
    slow = [process.connect(PROXY, send=b"G") for _ in range(3 * LIMITS.per_address)]
    assert not any(client.ended() for client in slow)


def test_where_bodies_fill_the_memory_those_of_the_largest_sender_go() -> None:
    with running(limits=replace(LIMITS, per_address=100)) as process:
        small = process.connect("127.0.0.3", send=post(400_000) + b"a" * 300_000)
        large = [process.connect("127.0.0.2", send=post(400_000) + b"a" * 300_000) for _ in range(3)]
        statuses = [client.received for client in large if not client.ended() and not client.received]

        assert len(statuses) == 2
        small.send(b"a" * 100_000)
        assert small.answer().body == b"POST /a 400000"


def test_bodies_that_wait_for_a_thread_count_too(process: WebProcess) -> None:
    client = process.connect(send=post(400_000) + b"a" * 399_999)
    (channel,) = process.connections.channels()
    process.until(lambda: channel.buffered == 399_999)
    client.send(b"a")
    client.answer()
    process.until(lambda: channel.buffered == 0)


def test_where_all_places_are_taken_those_that_wait_longest_go() -> None:
    with running(limits=replace(LIMITS, connections=13, per_address=100)) as process:
        taken: list[Client] = []
        for n in range(10):  # beside the listener and its trigger
            process.now += 1
            taken.append(process.connect(send=b"G" if n % 2 else b""))
        process.now += 1

        assert process.connect("127.0.0.2", send=GET).answer().status == 200
        assert [client.ended() for client in taken] == [True] + [False] * 9


def refusing(environ: dict[str, Any]) -> bool:
    raise Refused(403, "The key is not one of this project's, or it is revoked.", "sentry_key")


def test_a_large_body_is_asked_for_when_its_head_is_there(process: WebProcess) -> None:
    process.application.admits = refusing
    client = process.connect(send=post(FIRST_BYTES + 1, "/api/1/envelope/"))

    answer = client.answer()
    assert (answer.status, answer.headers["X-Sentry-Error"]) == (
        403,
        "The key is not one of this project's, or it is revoked.",
    )
    assert process.application.asked == [0]
    assert process.application.environs == []


def test_one_whose_key_stands_in_it_is_asked_for_again_later(process: WebProcess) -> None:
    process.application.admits = lambda environ: len(environ["wsgi.input"].read()) >= FIRST_BYTES
    client = process.connect(send=post(300_000))
    for _ in range(3):
        client.send(b"a" * 100_000)

    assert client.answer().body == b"POST /a 300000"
    assert process.application.asked == [0, FIRST_BYTES]


def test_a_chunked_one_is_asked_for_when_it_becomes_large(process: WebProcess) -> None:
    process.application.admits = refusing
    client = process.connect(send=b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.send(b"20000\r\n" + b"a" * (FIRST_BYTES - 1))
    assert process.application.asked == []
    client.send(b"a")

    assert client.answer().status == 403
    assert process.application.asked == [FIRST_BYTES]


def test_a_small_body_is_not_asked_for(process: WebProcess) -> None:
    client = process.connect(send=post(FIRST_BYTES) + b"a" * FIRST_BYTES)

    assert client.answer().status == 200
    assert process.application.asked == []


def test_an_admission_that_fails_leaves_the_word_to_the_request(process: WebProcess) -> None:
    def failing(environ: dict[str, Any]) -> bool:
        raise ValueError

    process.application.admits = failing
    client = process.connect(send=post(100_000) + b"a" * 100_000)
    assert client.answer().body == b"POST /a 100000"
