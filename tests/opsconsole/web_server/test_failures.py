"""What fails below a connection, its socket or the disk, ends that connection and nothing else."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import IO, Any

import pytest
from waitress.buffers import TempfileBasedBuffer
from waitress.channel import HTTPChannel

from opsconsole.web_server.channel import RequestChannel
from tests.opsconsole.web_server.process import LIMITS, WebProcess, running

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


@pytest.fixture
def process() -> Iterator[WebProcess]:
    with running() as started:
        yield started


def test_a_client_that_resets_before_it_is_told_to_continue_is_closed_without_locks(
    process: WebProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[bool] = []
    close = RequestChannel.handle_close

    def handle_close(channel: RequestChannel) -> None:
        locked.append(channel.requests_lock.locked())
        channel.drop() if locked[-1] else close(channel)  # closing takes the lock, and would wait for ever

    monkeypatch.setattr(RequestChannel, "handle_close", handle_close)
    client = process.connect(send=POST[:20])
    client.link.send(POST[20:].replace(b"Content-Length", b"Expect: 100-continue\r\nContent-Length"))
    client.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.link.close()

    process.until(lambda: not process.connections.channels())
    assert locked
    assert not any(locked)


class FullDisk(TempfileBasedBuffer):  # type: ignore[misc]
    """The disk is full from the second write on, and also when what it did not take is flushed at the end."""

    def newfile(self) -> IO[bytes]:
        return open("/dev/full", "w+b")

    def __init__(self, from_buffer: Any = None) -> None:
        super().__init__()
        self.file.write(b"a")  # stays in Python's buffer until it is closed
        self.remain = len(from_buffer)


@pytest.mark.parametrize("framing", [b"Content-Length: 3000000", b"Transfer-Encoding: chunked"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_body_that_finds_no_room_on_disk_is_answered_503(framing: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("waitress.buffers.TempfileBasedBuffer", FullDisk)
    with running(limits=replace(LIMITS, body=4_000_000, buffered=8_000_000)) as process:
        client = process.connect(send=POST.replace(b"Content-Length: 10", framing))
        if b"chunked" in framing:
            client.send(b"2DC6C0\r\n")
        client.send(b"a" * 1_500_000)

        answer = client.answer()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert process.connect(send=GET).answer().status == 200
        process.until(lambda: len(process.connections.channels()) < 2 or client.ended())


def test_an_exception_ends_its_connection_only(process: WebProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(channel: RequestChannel, data: bytes) -> bool:
        raise ValueError("received")

    client = process.connect(send=POST[:20])
    monkeypatch.setattr(RequestChannel, "received", failing)
    monkeypatch.setattr(RequestChannel, "refuse", failing)
    client.send(POST[20:])
    process.until(client.ended)
    assert process.connections.channels() == []


def test_an_answer_that_fails_altogether_ends_its_connection(
    process: WebProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(channel: RequestChannel) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(HTTPChannel, "service", failing)
    client = process.connect(send=GET)
    process.until(client.ended)
    assert process.connections.channels() == []
