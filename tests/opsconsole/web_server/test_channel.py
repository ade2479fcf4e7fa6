"""One connection: requests in order, slow clients ended, answers that the client must take."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from opsconsole.web_server.channel import LINGER_SECONDS
from opsconsole.web_server.deadlines import STALL_SECONDS
from tests.opsconsole.web_server.process import LIMITS, Application, WebProcess, running

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


@pytest.fixture
def process() -> Iterator[WebProcess]:
    with running() as started:
        yield started


def test_a_connection_is_used_again_also_for_requests_sent_together(process: WebProcess) -> None:
    client = process.connect(send=GET)
    assert client.answer().body == b"GET /a 0"

    client.send(POST + b"0123456789" + GET.replace(b"/a", b"/b") + GET.replace(b"/a", b"/c"))
    assert [client.answer().body for _ in range(3)] == [b"POST /a 10", b"GET /b 0", b"GET /c 0"]
    assert not client.ended()


def test_the_clients_address_and_no_header_of_its_own_is_in_the_environment(process: WebProcess) -> None:
    client = process.connect("127.0.0.5", send=GET.replace(b"Host", b"X-Forwarded-Proto: https\r\nHost"))
    client.answer()

    (environ,) = process.application.environs
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == ("127.0.0.5", "http")
    assert environ["HTTP_X_FORWARDED_PROTO"] == "https"  # for opsconsole.proxies to believe or to drop


@pytest.mark.parametrize("head", [b"GET /a HTTP/1.1\r\nHost: x\r\nX-A: ", b"G", b"GET /a HTTP/1.1\r\n"])
def test_a_head_that_does_not_end_is_ended(process: WebProcess, head: bytes) -> None:
    slow = process.connect(send=head)
    for _ in range(9):
        process.later(1)
        slow.send(b"a")
        assert process.connect("127.0.0.8", send=GET).answer().status == 200
    process.later(1)

    answer = slow.answer()
    assert (answer.status, answer.headers["Connection"]) == (408, "close")
    assert answer.body == b"The request did not arrive in time.\nallowed: 10 s for its headers\n"


def test_a_body_that_does_not_end_is_ended(process: WebProcess) -> None:
    slow = process.connect(send=POST.replace(b"10", b"1000"))
    for _ in range(29):
        process.later(1)
        slow.send(b"a")
    assert not slow.ended()
    process.later(1.1)

    assert slow.answer().status == 408
    assert process.application.environs == []


def test_a_body_that_stalls_is_ended_before_its_time(process: WebProcess) -> None:
    slow = process.connect(send=POST + b"01234")
    process.later(STALL_SECONDS - 1)
    assert process.connect("127.0.0.8", send=GET).answer().status == 200
    assert not slow.ended()
    process.later(1)

    assert slow.answer().body == b"The body did not arrive in time.\nallowed: 10 s without a byte\n"


@pytest.mark.parametrize(
    ("path", "kind"),
    [(b"/api/1/envelope/", "application/json"), (b"/api/v1/config-reports/", "application/problem+json")],
)
def test_machines_are_told_in_their_form(process: WebProcess, path: bytes, kind: str) -> None:
    slow = process.connect(send=POST.replace(b"/a", path).replace(b"Host", b"Origin: https://shop.example\r\nHost"))
    process.later(30)

    answer = slow.answer()
    assert (answer.status, answer.headers["Content-Type"]) == (408, kind)
    assert answer.headers["X-Sentry-Error"] == ("The body did not arrive in time." if b"envelope" in path else None)
    assert answer.headers["Access-Control-Allow-Origin"] == ("*" if b"envelope" in path else None)


def test_a_client_that_keeps_sending_can_read_its_refusal(process: WebProcess) -> None:
    slow = process.connect(send=POST)
    process.later(30)
    for _ in range(3):
        slow.send(b"a")
    assert slow.answer().status == 408
    process.later(LINGER_SECONDS - 1)
    slow.send(b"a")  # the connection is still there to take it

    process.later(1)
    assert process.connections.channels() == []


def test_an_idle_connection_is_closed_and_line_ends_do_not_keep_it(process: WebProcess) -> None:
    client = process.connect(send=GET)
    client.answer()
    for _ in range(74):
        process.later(1)
        client.send(b"\r\n")
        assert not client.ended()
    process.later(1)

    process.until(client.ended)
    assert client.received == b""


def test_a_client_that_is_gone_is_forgotten(process: WebProcess) -> None:
    for sent in (b"", b"G", POST, POST + b"01234"):
        process.connect(send=sent).link.close()
    process.until(lambda: not process.connections.channels())
    assert process.application.environs == []


def test_a_client_that_stops_sending_is_told_what_is_missing(process: WebProcess) -> None:
    client = process.connect(send=POST.replace(b"/a", b"/api/1/envelope/") + b"01234")
    client.link.shutdown(socket.SHUT_WR)

    answer = client.answer()
    assert (answer.status, answer.headers["X-Sentry-Error"]) == (400, "The request ended before it was whole.")
    process.until(lambda: not process.connections.channels())


def test_a_client_that_stops_sending_after_its_request_is_answered(process: WebProcess) -> None:
    client = process.connect(send=POST + b"0123456789")
    client.link.shutdown(socket.SHUT_WR)
    assert client.answer().body == b"POST /a 10"
    process.until(lambda: not process.connections.channels())


def test_a_file_is_sent_whole_and_closed(process: WebProcess, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a" * 3_000_000)
    files: list[IO[bytes]] = []

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [("Content-Length", "3000000")])
        if "wsgi.file_wrapper" not in environ:
            return []
        files.append(path.open("rb"))
        return environ["wsgi.file_wrapper"](files[-1])

    process.listener.application = application
    client = process.connect(send=GET.replace(b"GET", b"HEAD"))
    assert client.answer(head=True).headers["Content-Length"] == "3000000"
    client.send(GET)
    assert client.answer().body == b"a" * 3_000_000
    process.until(lambda: files[0].closed)
    assert len(files) == 1


def test_head_has_no_body_and_keeps_the_connection(process: WebProcess) -> None:
    client = process.connect(send=GET.replace(b"GET", b"HEAD"))
    answer = client.answer(head=True)
    assert (answer.status, answer.headers["Content-Length"], answer.headers["Connection"]) == (200, "9", None)

    client.send(GET)
    assert client.answer().body == b"GET /a 0"


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_answers_without_a_body_keep_the_connection(status: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [])
        return []

    with running(application) as process:
        client = process.connect()
        for _ in range(2):
            client.send(GET)
            answer = client.answer()
            assert (answer.status, answer.headers["Connection"]) == (int(status[:3]), None)


def test_an_answer_of_unknown_length_is_chunked(process: WebProcess) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [])
        yield from (b"abc", b"", b"de")

    process.listener.application = application
    client = process.connect(send=GET)
    answer = client.answer()
    process.until(lambda: client.read() or client.received.endswith(b"0\r\n\r\n"))

    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert client.received == b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "closes"),
    [
        (GET.replace(b"Host", b"Connection: close\r\nHost"), True),
        (GET.replace(b"Host", b"Connection: TE, Close\r\nHost"), True),
        (GET.replace(b"1.1", b"1.0"), True),
        (GET.replace(b"1.1\r\n", b"1.0\r\nConnection: keep-alive\r\n"), False),
        (GET, False),
    ],
)
def test_who_wants_the_connection_closed_gets_it(process: WebProcess, request_: bytes, closes: bool) -> None:
    client = process.connect(send=request_)
    assert client.answer().status == 200
    if closes:
        process.until(client.ended)
    assert client.ended() is closes


def test_expect_100_continue(process: WebProcess) -> None:
    client = process.connect(send=POST.replace(b"Host", b"Expect: 100-continue\r\nHost"))
    assert client.answer().status == 100
    client.send(b"0123456789")
    assert client.answer().body == b"POST /a 10"

    client.send(GET.replace(b"Host", b"Expect: 100-continue\r\nHost"))  # without a body there is nothing to wait for
    assert client.answer().body == b"GET /a 0"


class Large(Application):
    """Answers with `size` bytes in parts of 1 MiB."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.ended: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        start_response("200 OK", [("Content-Length", str(self.size))])
        return self._parts()

    def _parts(self) -> Iterator[bytes]:
        try:
            for _ in range(self.size >> 20):
                yield b"a" * (1 << 20)
            self.ended.append("whole")
        except GeneratorExit:
            self.ended.append("cut")


def test_a_large_answer_does_not_occupy_a_thread_while_its_client_reads() -> None:
    application = Large(20 << 20)
    with running(application) as process:
        client = process.connect(send=GET)
        process.until(lambda: application.ended == ["whole"])  # all is buffered, the client has read nothing

        answer = client.answer()
        assert (answer.status, len(answer.body)) == (200, 20 << 20)


def test_an_answer_that_is_not_taken_is_ended_also_one_that_a_thread_still_writes() -> None:
    application = Large(80 << 20)
    with running(application) as process:
        client = process.connect(send=GET, receive_buffer=4096)
        process.until(lambda: process.connections.channels()[0].total_outbufs_len > 32 << 20)
        process.later(1)  # from here on it is waited for
        process.later(59)
        assert len(process.connections.channels()) == 1
        process.later(1)

        assert process.connections.channels() == []
        process.until(lambda: application.ended == ["cut"])
        del client


def test_a_process_that_stops_says_so_in_its_answers(process: WebProcess) -> None:
    idle, slow = process.connect(), process.connect(send=POST)
    assert process.connections.busy(also_idle=False)
    process.connections.stopping = True
    process.listener.stop_accepting()
    for client, rest in ((idle, GET), (slow, b"0123456789")):
        client.send(rest)
        answer = client.answer()
        assert (answer.status, answer.headers["Connection"]) == (200, "close")
        process.until(client.ended)

    assert not process.connections.busy(also_idle=True)


def test_an_application_that_fails_is_answered_500(process: WebProcess) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        raise ValueError("secret")

    process.listener.application = application
    answer = process.connect(send=GET).answer()

    assert (answer.status, answer.body) == (500, b"The console failed to answer.\nsee its log\n")


def test_a_refused_request_waits_for_the_one_before_it() -> None:
    """What is answered first was asked first, also when the second is late."""
    with running(limits=replace(LIMITS, per_address=1)) as process:
        client = process.connect(send=GET + GET[:10])
        assert client.answer().status == 200
        process.later(1)
        process.later(10)
        assert client.answer().status == 408
