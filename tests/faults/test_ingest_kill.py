"""kill -9 in mid-burst: what was answered 200 is there, once; what was not is there once or not at all."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Sum

from detections.ingest.models import Inbox, Quarantined
from detections.telemetry.count_models import HourCount, MinuteCount
from detections.telemetry.models import Event, Issue, Project
from opsconsole.lib.redis import client
from opsconsole.lib.task_names import DIGEST
from opsconsole.lib.task_trigger import send_once
from tests.detections.builders import envelope, event, key, project
from tests.faults.processes import ConsoleProcess, Web, Worker, eventually

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

EVENTS = 1500
SENDERS = 8


@dataclass
class Burst:
    """EVENTS events sent by SENDERS connections; one that got no answer is sent again, as the same event."""

    port: int
    path: str
    acknowledged: set[UUID] = field(default_factory=set)
    refused: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sent = {uuid4() for _ in range(EVENTS)}
        self._todo: SimpleQueue[UUID] = SimpleQueue()
        for event_id in self.sent:
            self._todo.put(event_id)
        self._threads = [threading.Thread(target=self._send) for _ in range(SENDERS)]
        for thread in self._threads:
            thread.start()

    def done(self) -> bool:
        return not any(thread.is_alive() for thread in self._threads)

    def reached(self, share: float) -> Callable[[], bool]:
        return lambda: len(self.acknowledged) >= share * EVENTS

    def _send(self) -> None:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while True:
            try:
                event_id = self._todo.get_nowait()
            except Empty:
                return link.close()
            try:
                link.request("POST", self.path, envelope(("event", event(event_id=event_id.hex))))
                answer = link.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                link.close()
                self._todo.put(event_id)
                continue
            if answer.status == 200:
                self.acknowledged.add(UUID(json.loads(body)["id"]))
            else:
                self.refused.append(answer.status)
                if answer.status == 503:  # "later", which a sender may take at its word
                    self._todo.put(event_id)


@pytest.fixture
def raptor() -> Project:
    client().flushdb()
    return project()


@pytest.fixture
def processes(raptor: Project, tmp_path: Path) -> Iterator[tuple[Web, Worker]]:
    running: list[ConsoleProcess] = []
    try:
        web, worker = Web(tmp_path / "web.log"), Worker(tmp_path / "worker.log")
        running += [web, worker]
        eventually(web.answers, "web answers")
        yield web, worker
    finally:
        for process in running:
            process.kill()


def burst_to(web: Web, raptor: Project) -> Burst:
    return Burst(web.port, f"/api/{raptor.pk}/envelope/?sentry_key={key(raptor)}")


def assert_each_once(burst: Burst) -> None:
    """All was digested; each event that was sent is there once, and so say the counts."""

    def digested() -> bool:
        send_once(DIGEST)
        return not Inbox.objects.exists()

    eventually(burst.done, "everything is sent")
    eventually(digested, "the inbox is empty")
    stored = list(Event.objects.values_list("event_id", flat=True))
    assert burst.acknowledged <= set(stored)
    assert set(stored) == burst.sent
    assert len(stored) == EVENTS
    assert MinuteCount.objects.aggregate(n=Sum("n"))["n"] == EVENTS
    assert HourCount.objects.aggregate(n=Sum("n"))["n"] == EVENTS
    assert Issue.objects.aggregate(n=Sum("events"))["n"] == EVENTS
    assert not Quarantined.objects.exists()


def test_kill_of_the_worker(processes: tuple[Web, Worker], raptor: Project) -> None:
    web, worker = processes
    burst = burst_to(web, raptor)
    for share in (0.3, 0.6):
        eventually(burst.reached(share), f"{share:.0%} acknowledged")
        eventually(Event.objects.exists, "the worker digests")
        worker.kill()
        worker.restart()

    assert_each_once(burst)
    assert not burst.refused


def test_kill_of_the_web_processes(processes: tuple[Web, Worker], raptor: Project) -> None:
    web, _ = processes
    burst = burst_to(web, raptor)
    for share in (0.3, 0.6):
        eventually(burst.reached(share), f"{share:.0%} acknowledged")
        web.kill()
        web.restart()

    assert_each_once(burst)
    assert not burst.refused


def test_connections_of_postgresql_cut_under_load(processes: tuple[Web, Worker], raptor: Project) -> None:
    """As a restart of PostgreSQL would: requests under way wait and are answered, none with 503."""
    web, _ = processes
    burst = burst_to(web, raptor)
    for share in (0.2, 0.5, 0.8):
        eventually(burst.reached(share), f"{share:.0%} acknowledged")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    assert_each_once(burst)
    assert not burst.refused


def test_the_same_event_over_many_connections_at_once_is_one(processes: tuple[Web, Worker], raptor: Project) -> None:
    web, _ = processes
    same = envelope(("event", event(event_id=uuid4().hex)))
    path = f"/api/{raptor.pk}/envelope/?sentry_key={key(raptor)}"
    start = threading.Barrier(SENDERS)
    answers: list[int] = []

    def send() -> None:
        start.wait()
        answers.extend([web.post(path, same) for _ in range(20)])

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [200] * SENDERS * 20
    eventually(lambda: not Inbox.objects.exists(), "the inbox is empty")
    assert Event.objects.count() == Issue.objects.get().events == MinuteCount.objects.get().n == 1


def test_connections_opened_ahead_of_need_block_nobody(processes: tuple[Web, Worker], raptor: Project) -> None:
    """Browsers and SDKs open some and send later; with more of them than threads an event is taken all the same."""
    web, _ = processes
    idle = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(40)]
    try:
        link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=4)
        link.request("POST", f"/api/{raptor.pk}/envelope/?sentry_key={key(raptor)}", envelope(("event", event())))
        assert link.getresponse().status == 200
        idle[0].settimeout(4)
        idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle[0].recv(100).startswith(b"HTTP/1.1 200")
    finally:
        for opened in idle:
            opened.close()


def test_chunked_bodies_also_malformed_ones(processes: tuple[Web, Worker], raptor: Project) -> None:
    web, _ = processes
    path = f"/api/{raptor.pk}/envelope/?sentry_key={key(raptor)}"
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    body = envelope(("event", event()))
    whole = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:100], body[100:], b""))

    assert web.raw(head + whole).startswith(b"HTTP/1.1 200")
    assert web.raw(head + b"zz\r\nnot a chunk\r\n0\r\n\r\n").startswith(b"HTTP/1.1 400")
    assert web.raw(head + whole).startswith(b"HTTP/1.1 200")


def test_without_postgresql_it_is_503_with_retry_after(raptor: Project, tmp_path: Path) -> None:
    web = Web(tmp_path / "web.log", DATABASE_URL="postgresql://ops@127.0.0.1:1/nowhere")
    try:
        eventually(web.answers, "web answers")
        link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=30)
        link.request("POST", f"/api/{raptor.pk}/envelope/?sentry_key={key(raptor)}", envelope(("event", event())))
        answer = link.getresponse()

        assert answer.status == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert json.loads(answer.read())["detail"]
        assert web.get("/healthz") == 200
    finally:
        web.kill()
