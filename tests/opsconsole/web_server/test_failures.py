"""What fails below a connection, its socket or the disk, ends that connection and nothing else."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest

from opsconsole.web_server.channel import RequestChannel
from tests.opsconsole.web_server.process import WebProcess, running

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
