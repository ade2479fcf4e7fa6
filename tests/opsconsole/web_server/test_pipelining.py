"""A request that is refused while those before it are being answered: the refusal follows them."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from detections.ingest.protocol.errors import Refused
from tests.opsconsole.web_server.process import LIMITS, Application, running

GET = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
POST = b"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n"


class Waiting(Application):
    """Answers when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = threading.Event()
        self.may_admit = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        assert self.may_answer.wait(30)
        return super().__call__(environ, start_response)


def test_the_bound_of_an_address_holds_for_a_request_behind_another() -> None:
    application = Waiting()
    with running(application, replace(LIMITS, per_address=1)) as process:
        process.connect(send=b"G")
        client = process.connect(send=GET + GET[:10])
        client.send(GET[10:])
        application.may_answer.set()

        assert client.answer().body == b"GET /a 0"
        assert client.answer().status == 503
        process.until(client.ended)
        assert len(application.environs) == 1


def test_a_body_that_is_not_admitted_behind_another_request_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    application = Waiting()

    def refusing(environ: dict[str, Any]) -> bool:
        assert application.may_admit.wait(30)
        raise Refused(403, "The key is not one of this project's, or it is revoked.", "sentry_key")

    application.admits = refusing
    with running(application) as process:
        client = process.connect(send=GET + POST.replace(b"Host", b"Expect: 100-continue\r\nHost"))
        (channel,) = process.connections.channels()
        told = Mock(wraps=channel.answered)
        monkeypatch.setattr(channel, "answered", told)
        application.may_admit.set()
        process.until(lambda: told.called)
        application.may_answer.set()

        assert client.answer().body == b"GET /a 0"
        client.link.send(b"a" * 100)
        assert client.answer().status == 403
        assert len(application.environs) == 1


def test_the_thread_of_all_connections_never_waits_for_a_client_that_has_not_taken_its_answer() -> None:
    def application(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        start_response("200 OK", [("Content-Length", str(40 << 20))])
        yield from (b"a" * (20 << 20), b"a" * (20 << 20))

    with running(application) as process:
        client = process.connect(send=GET + GET[:10], receive_buffer=4096)
        (channel,) = process.connections.channels()
        process.until(lambda: channel.total_outbufs_len > 32 << 20 and not channel.requests)
        waited: list[bool] = []

        def wait() -> None:
            waited.append(True)
            raise RuntimeError

        channel.outbuf_lock.wait = wait
        client.link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.link.close()

        process.until(lambda: not process.connections.channels())
        assert not waited
