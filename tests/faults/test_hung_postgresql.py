"""PostgreSQL hangs: connections are accepted and nothing is answered. Whoever asks hears so in bounded time."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from detections.ingest.inbox.group_commit import STORE_SECONDS, WAIT_SECONDS
from opsconsole.runtime.embedded.layout import layout_of
from tests.console import PASSWORD, Console, copy_of, running
from tests.detections.builders import envelope, event
from tests.opsconsole.runtime.embedded.machine import open_directory, processes_of
from tests.waiting import until

pytestmark = pytest.mark.faults

PAGE_SECONDS = 4
# What a busy machine may take on top of a bound; without the bounds pages wait until PostgreSQL goes on.
SLACK = 10.0
COUNT = "from detections.models import Event; print(*Event.objects.values_list('event_id', flat=True))"


class Answer(NamedTuple):
    status: int
    retry_after: str
    text: str
    seconds: float


@pytest.fixture(scope="module")
def console(prepared_data: Path) -> Iterator[Console]:
    settings = {"OPSCONSOLE_WEB_DATABASE_SECONDS": str(PAGE_SECONDS), "OPSCONSOLE_WEB_WORKERS": "1"}
    with open_directory() as data, running(copy_of(prepared_data, data), **settings) as started:
        yield started


@pytest.fixture(scope="module")
def dsn(console: Console) -> tuple[str, str]:
    """Project and key."""
    address = console.manage("dsn", "raptor")
    return address.rpartition("/")[2], address.partition("//")[2].partition("@")[0]


@pytest.fixture(scope="module")
def session(console: Console) -> str:
    """The cookies of somebody who is signed in."""
    with requests.Session() as browser:
        login = f"{console.url}/accounts/login/"
        browser.get(login, timeout=30)
        token = next(value for name, value in browser.cookies.items() if "csrf" in name)
        sent = {"login": "admin", "password": PASSWORD, "csrfmiddlewaretoken": token}
        assert browser.post(login, sent, timeout=30).url == f"{console.url}/"
        return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


@contextlib.contextmanager
def hung(console: Console) -> Iterator[None]:
    """Every process of PostgreSQL is stopped."""
    stopped = [pid for pid in processes_of(layout_of(console.data)) if is_postgres(pid)]
    assert len(stopped) > 3
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def is_postgres(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "postgres" in Path(f"/proc/{pid}/comm").read_text()
    return False


def ask(console: Console, path: str, cookie: str = "", body: bytes | None = None) -> Answer:
    start = time.monotonic()
    link = http.client.HTTPConnection("127.0.0.1", console.port, timeout=60)
    with contextlib.closing(link):
        link.request("GET" if body is None else "POST", path, body, {"Cookie": cookie} if cookie else {})
        answer = link.getresponse()
        text = answer.read().decode(errors="replace")
        return Answer(answer.status, answer.getheader("Retry-After", ""), text, time.monotonic() - start)


def test_pages_api_and_ingest_answer_in_bounded_time_and_nothing_acknowledged_is_lost(
    console: Console, dsn: tuple[str, str], session: str
) -> None:
    project, key = dsn
    ingest = f"/api/{project}/envelope/?sentry_key={key}"
    until(lambda: console.get("/readyz")[0] == 200)
    ids = [uuid.uuid4() for _ in range(40)]

    def send(event_id: uuid.UUID) -> Answer:
        return ask(console, ingest, body=envelope(("event", event(event_id=event_id.hex))))

    paths = [
        "/",
        "/alerts/",
        "/issues/",
        "/rules/",
        "/admin/",
        "/routes/",
        "/checklists/",
        "/accounts/password/change/",
    ] * 2
    with ThreadPoolExecutor(48) as pool:
        sent = list(pool.map(send, ids[:10]))
        with hung(console):
            events = [pool.submit(send, each) for each in ids[10:20]]
            pages = [pool.submit(ask, console, path, session) for path in paths]
            api = [pool.submit(ask, console, "/api/v1/alerts/", session) for _ in range(2)]
            health: list[Answer] = []
            while not all(each.done() for each in (*events, *pages, *api)):
                health.append(ask(console, "/healthz"))
            # Known to be away by now: nobody waits, and no thread is held.
            later = [pool.submit(ask, console, path, session) for path in paths]
            late_events = [pool.submit(send, each) for each in ids[20:30]]
            refused = [each.result() for each in (*later, *late_events)]
        until(lambda: console.get("/readyz")[0] == 200, what="all is well again")
        sent += [each.result() for each in (*events, *late_events)]
        until(lambda: send(ids[30]).status == 200, what="events are taken again")

    assert {each.status for each in health} == {200}
    assert max(each.seconds for each in health) < 1
    for each in (future.result() for future in (*pages, *api)):
        assert (each.status, each.retry_after) == (503, "10"), each
        assert each.seconds < max(PAGE_SECONDS, WAIT_SECONDS) + SLACK
        assert "The database does not answer" in each.text
    assert '"status": 503' in api[0].result().text
    assert {each.result().status for each in events} == {503}
    assert all(each.result().retry_after == "10" for each in events)
    assert all(each.result().seconds < WAIT_SECONDS + STORE_SECONDS + SLACK for each in events)
    assert {each.status for each in refused} == {503}

    assert [each.status for each in sent[:10]] == [200] * 10
    for path in paths:
        assert ask(console, path, session).status in {200, 302}, path
    acknowledged = {each.hex for each, answer in zip(ids, sent, strict=False) if answer.status == 200} | {ids[30].hex}
    found = until(lambda: stored(console, acknowledged), within=60, what="what was acknowledged is digested")
    assert len(found) == len(set(found))


def stored(console: Console, wanted: set[str]) -> list[str]:
    """The ids of all events, once `wanted` are among them."""
    ids = [uuid.UUID(each).hex for each in console.manage("shell", "-v", "0", "-c", COUNT).split()]
    return ids if wanted <= set(ids) else []
