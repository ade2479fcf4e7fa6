"""The whole console: kills, second consoles, ports, and an orderly end."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from opsconsole.runtime.embedded.layout import layout_of
from opsconsole.runtime.file_locks import is_locked
from opsconsole.runtime.supervisor import runfile
from tests.console import Console, copy_of, free_port, running
from tests.markup import folded
from tests.opsconsole.runtime.embedded.machine import open_directory, processes_of
from tests.waiting import until

# One console serves most of them, so they belong into one process.
pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with open_directory("data with spaces") as data, running(data, OPSCONSOLE_ADMIN_PASSWORD="") as started:
        yield started


@pytest.fixture
def another() -> Iterator[Callable[..., Console]]:
    """Makes further consoles, which are gone after the test however it ends."""
    made: list[Console] = []

    def make(data: Path, port: int | None = None) -> Console:
        made.append(Console(data, port or free_port()))
        return made[-1]

    yield make
    for console in made:
        console.kill()


def gone(pids: set[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_it_is_ready_with_every_process(console: Console) -> None:
    status, body = console.get("/readyz")
    assert (status, body["status"], body["postgresql"], body["redis"]) == (200, "ok", "ok", "ok")
    until(lambda: all(console.pid_of(name) for name in ("web", "worker", "sender", "prober", "beat")))
    until(lambda: "worker  |" in console.log)


def test_the_doctor_finds_every_part_well(console: Console) -> None:
    until(lambda: console.get("/readyz")[0] == 200)
    # Ready comes before the sender's first look at the console itself, seconds later.
    until(lambda: "not checked yet" not in console.manage("doctor"), what="the first self-check")
    lines = console.manage("doctor").splitlines()
    assert [line.split()[1] for line in lines] == [
        *("python", "settings", "data", "disk", "postgresql", "migrations", "audit", "outbox", "targets"),
        *("watch", "redis", "web", "worker", "sender", "prober", "beat"),
    ]
    # The disk is the machine's: little room is no fault of the console. Nobody is told: no target is connected here.
    expected = {"disk", "targets"}
    assert [line for line in lines if line.split()[0] != "ok" and line.split()[1] not in expected] == []
    (targets,) = (line for line in lines if line.split()[1] == "targets")
    assert targets.startswith("warn")


def test_its_secrets_stay_with_the_owner(console: Console) -> None:
    for name in ("run.json", "secret_key", "console.lock", "services.lock"):
        assert (console.data / name).stat().st_mode & 0o077 == 0
    password = console.generated_password()
    for pid in console.pids():
        with contextlib.suppress(OSError):
            process = Path(f"/proc/{pid}")
            assert password.encode() not in (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    for path in console.data.rglob("*"):
        if path.is_file() and "postgres" not in path.parts:
            assert password.encode() not in path.read_bytes()


@pytest.mark.parametrize("name", ["web", "worker", "sender", "prober", "beat"])
def test_a_killed_process_is_started_again(console: Console, name: str) -> None:
    before = until(lambda: console.pid_of(name))
    assert before
    os.kill(before, signal.SIGKILL)
    until(lambda: console.pid_of(name) not in {before, None}, what=f"another {name}")
    assert f"{name} ended with signal 9" in console.log
    assert console.get("/healthz")[0] == 200  # the socket kept listening: the request waited, it was not refused


def test_a_lost_guardian_is_replaced(console: Console) -> None:
    layout = layout_of(console.data)
    guardian = processes_of(layout)
    for pid in guardian:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    until(lambda: is_locked(layout.guardian_lock) and not set(guardian) & set(processes_of(layout)))
    until(lambda: console.get("/readyz")[0] == 200, what="web has its connections again")


def test_people_work_while_redis_is_gone_and_all_goes_on_once_it_is_back(console: Console) -> None:
    """The guardian is stopped, so that it does not start another Redis."""
    layout = layout_of(console.data)
    until(lambda: console.get("/readyz")[0] == 200)
    guardian = json.loads(layout.guardian_lock.read_text())["pid"]
    (redis,) = [pid for pid in processes_of(layout) if is_redis(pid)]
    os.kill(guardian, signal.SIGSTOP)
    try:
        os.kill(redis, signal.SIGKILL)
        status, body = console.get("/readyz")
        assert (status, body["postgresql"], body["redis"]) == (503, "ok", "unreachable")
        with requests.Session() as browser:
            page = signed_in(console, browser, "wrong")
            assert (page.status_code, "are not correct" in page.text) == (200, True)
            page = signed_in(console, browser, console.generated_password())
            assert (page.status_code, page.url) == (200, f"{console.url}/")
            assert "nothing is digested, judged or imported" in folded(page.text)
            for path in (
                "alerts/",
                "rules/",
                "issues/",
                "routes/",
                "checklists/",
                "environments/",
                "admin/",
                "runbooks/",
            ):
                assert browser.get(f"{console.url}/{path}", timeout=30).status_code == 200, path
    finally:
        os.kill(guardian, signal.SIGCONT)
    until(lambda: console.get("/readyz")[0] == 200, what="Redis is back, and work goes on")


def is_redis(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return any(name in Path(f"/proc/{pid}/comm").read_text() for name in ("valkey", "redis"))
    return False


def signed_in(console: Console, browser: requests.Session, password: str) -> requests.Response:
    """The page after the form was sent with this password."""
    address = f"{console.url}/accounts/login/"
    form = browser.get(address, timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    sent = {"csrfmiddlewaretoken": token.group(1), "login": "admin", "password": password}
    return browser.post(address, sent, timeout=30)


def test_a_second_console_on_the_same_data_gets_the_address_of_the_first(
    console: Console, another: Callable[..., Console]
) -> None:
    second = another(console.data)
    assert second.launch().wait(30) == 1
    first = console.process
    assert first
    assert f"already runs on {console.data}, at http://127.0.0.1:{console.port}" in second.log
    assert f"kill {first.pid}" in second.log
    assert console.get("/healthz")[0] == 200


def test_a_port_in_use_is_named_before_anything_starts(console: Console, another: Callable[..., Console]) -> None:
    with open_directory() as data:
        second = another(data, console.port)
        assert second.launch().wait(30) == 1
        assert f"127.0.0.1 port {console.port}" in second.log
        assert "--port" in second.log
        assert not (data / "postgres").exists()


def test_commands_work_on_the_running_console(console: Console) -> None:
    code = "from django.conf import settings; print(settings.PUBLIC_URL)"
    assert console.manage("shell", "-v", "0", "-c", code) == console.url


def test_after_a_stop_nothing_is_left_and_the_next_start_finds_all_data(another: Callable[..., Console]) -> None:
    with open_directory() as data:
        first = another(data)
        first.start(OPSCONSOLE_ADMIN_PASSWORD="of our own")
        assert "login: admin, with the password of OPSCONSOLE_ADMIN_PASSWORD" in first.log
        assert "of our own" not in first.log
        children = first.pids()
        assert first.stop(signal.SIGINT) == 0
        until(lambda: gone(children), within=5, what="all are gone")
        assert processes_of(layout_of(data)) == []
        assert not (data / "run.json").exists()
        assert "Traceback" not in first.log
        second = another(data)
        second.start()
        assert "login: as before" in second.log
        code = "from django.contrib.auth import authenticate as a; print(a(username='admin', password='of our own'))"
        assert second.manage("shell", "-v", "0", "-c", code) == "admin"
        assert second.stop(signal.SIGTERM) == 0


def test_children_follow_a_killed_supervisor_and_the_next_console_starts(
    another: Callable[..., Console], prepared_data: Path
) -> None:
    with open_directory() as data:
        first = another(copy_of(prepared_data, data))
        first.start()
        until(lambda: first.pid_of("beat"))
        children = first.pids() - set(processes_of(layout_of(data)))  # those live on for the next lease
        assert len(children) >= 6  # web, at least one of its workers, worker, sender, prober, beat
        assert first.process
        first.process.kill()
        first.process.wait()
        second = another(data, first.port)  # on the same port, at once
        second.start()
        until(lambda: gone(children), within=10, what="they are gone")
        assert second.stop() == 0


def test_it_can_be_stopped_while_it_starts(another: Callable[..., Console]) -> None:
    with open_directory() as data:
        starting = another(data)
        starting.launch()
        until(lambda: "setup   |" in starting.log, within=60)
        assert starting.stop() == 0
        assert "is ready" not in starting.log
        assert not is_locked(runfile.lock_path(data))


def test_with_urls_given_nothing_embedded_starts(console: Console, another: Callable[..., Console]) -> None:
    """The servers of the other console serve as the given ones."""
    run = runfile.read(console.data)
    assert run
    with open_directory() as data:
        guest = another(data)
        guest.start(DATABASE_URL=run["database_url"], REDIS_URL=run["redis_url"])
        assert sorted(path.name for path in data.iterdir()) == ["address", "console.lock", "run.json", "secret_key"]
        guest.manage("check")
        assert guest.stop() == 0


def test_a_wrong_setting_is_named(another: Callable[..., Console]) -> None:
    with open_directory() as data:
        wrong = another(data)
        assert wrong.launch(OPSCONSOLE_WEB_THREADS="many").wait(30) == 2
        assert "OPSCONSOLE_WEB_THREADS: 'many' cannot be used" in wrong.log
