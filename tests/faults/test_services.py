"""PostgreSQL and Redis of the console under kill -9, stale files, odd paths, other users and full disks."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from opsconsole.runtime.embedded import Lease, ServicesError, acquire
from opsconsole.runtime.embedded.layout import layout_of
from tests.opsconsole.runtime.embedded.machine import (
    IS_ROOT,
    NOBODY,
    ROOT,
    as_nobody,
    end_services,
    guardian_runs,
    open_directory,
    processes_of,
    python_for_others,
)
from tests.waiting import until

# One set of servers serves most of them, so they belong into one process.
pytestmark = pytest.mark.faults
needs_root = pytest.mark.skipif(not IS_ROOT, reason="needs root")


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with open_directory() as directory:
        yield directory


@pytest.fixture
def services(data: Path) -> Iterator[Lease]:
    """Running services with a table `kept`."""
    lease = acquire(data)
    with psycopg.connect(lease.urls.database_url, autocommit=True) as link:
        link.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz DEFAULT clock_timestamp())")
    yield lease
    lease.close()


def commit_and_count(lease: Lease) -> int:
    with psycopg.connect(lease.urls.database_url) as link:
        link.execute("INSERT INTO kept DEFAULT VALUES")
        link.commit()
        row = link.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return int(row[0])


def count_when_it_answers(lease: Lease) -> int:
    """Count as a process of the console does, which starts the servers again if their guardian has died."""

    def attempt() -> int:
        try:
            if not lease.guarded():  # a killed guardian may have looked alive when the lease was taken
                lease.ensure()
            return commit_and_count(lease)
        except psycopg.OperationalError:
            return 0

    return until(attempt, what="PostgreSQL accepts again")


def guardian_pid(lease: Lease) -> int:
    return int(json.loads(lease.layout.guardian_lock.read_text())["pid"])


def kill_guardian(lease: Lease) -> None:
    os.kill(guardian_pid(lease), signal.SIGKILL)


def kill_postgres(lease: Lease) -> None:
    os.kill(int((lease.layout.cluster / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def kill_all(lease: Lease) -> None:
    for pid in processes_of(lease.layout):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_all_and_leave_garbage(lease: Lease) -> None:
    kill_all(lease)
    until(lambda: not processes_of(lease.layout))
    (lease.layout.cluster / "postmaster.pid").write_bytes(b"\xff\xfe not a pid\n")


def kill_all_and_reuse_the_pid(lease: Lease) -> None:
    """The pid that the file names belongs to a living program that has nothing to do with it."""
    pid_file = lease.layout.cluster / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    kill_all(lease)
    until(lambda: not processes_of(lease.layout))
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))


def kill_all_and_remove_the_sockets(lease: Lease) -> None:
    kill_all(lease)
    shutil.rmtree(lease.layout.sockets)


@pytest.mark.parametrize(
    "break_it",
    [
        kill_guardian,
        kill_postgres,
        kill_all,
        kill_all_and_leave_garbage,
        kill_all_and_reuse_the_pid,
        kill_all_and_remove_the_sockets,
    ],
)
def test_the_next_holder_finds_servers_and_every_committed_row(
    services: Lease, break_it: Callable[[Lease], None]
) -> None:
    before = commit_and_count(services)
    break_it(services)
    again = acquire(services.layout.data)
    # The servers of a killed guardian may still answer for a moment before they follow it.
    assert count_when_it_answers(again) == before + 1
    again.close()


def test_no_server_outlives_a_killed_guardian(services: Lease) -> None:
    servers = set(processes_of(services.layout)) - {guardian_pid(services)}
    assert servers
    kill_guardian(services)
    until(lambda: not servers & set(processes_of(services.layout)), what="servers follow their guardian")


def test_the_guardian_brings_back_a_killed_redis(services: Lease) -> None:
    home = str(services.layout.socket_dir("redis"))
    redis_pid = next(pid for pid in processes_of(services.layout) if os.readlink(f"/proc/{pid}/cwd") == home)
    guardian = guardian_pid(services)
    os.kill(redis_pid, signal.SIGKILL)
    until(lambda: redis_pid not in processes_of(services.layout))
    services.ensure()
    assert guardian_pid(services) == guardian


def test_a_careless_chmod_does_not_stop_postgresql(services: Lease) -> None:
    kill_all(services)
    until(lambda: not processes_of(services.layout))
    services.layout.cluster.chmod(0o777)
    services.ensure()
    assert commit_and_count(services)


@pytest.mark.parametrize("name", ["with some spaces and 'quotes'", "deep/" + "/".join(["x" * 80] * 6)])
def test_any_path_will_do(name: str) -> None:
    with open_directory(name) as data:
        lease = acquire(data)
        with psycopg.connect(lease.urls.database_url) as link:
            assert link.execute("SELECT 1").fetchone() == (1,)
        lease.close(wait=20)


def test_two_data_directories_run_side_by_side(services: Lease) -> None:
    with open_directory() as other:
        neighbour = acquire(other)
        with psycopg.connect(neighbour.urls.database_url) as link:
            assert link.execute("SELECT to_regclass('kept')").fetchone() == (None,)
        neighbour.close(wait=20)
    assert commit_and_count(services)


def test_a_directory_that_cannot_be_written_is_named() -> None:
    """As a user who is not root: root writes everywhere."""
    with open_directory() as data:
        data.mkdir()
        data.chmod(0o555)
        done = lease_as_other(data)
        assert done.returncode != 0
        assert f"Cannot use {data}" in done.stderr
        assert "choose another with --data" in done.stderr


@needs_root
def test_another_user_runs_the_services_without_any_right_of_root() -> None:
    with open_directory() as data:
        data.mkdir()
        os.chown(data, NOBODY, NOBODY)
        done = lease_as_other(data)
        assert (done.returncode, done.stdout) == (0, "answers\n"), done.stderr


def lease_as_other(data: Path) -> subprocess.CompletedProcess[str]:
    """Acquire and close a lease as user nobody, or as the current user if that is not root."""
    python, arguments = sys.executable, dict[str, Any](cwd=ROOT, text=True)
    if IS_ROOT:
        other_python = python_for_others()
        if other_python is None:
            pytest.skip("no Python here that user nobody can run")
        python, arguments = other_python, as_nobody()
    code = (
        "import sys; from pathlib import Path; from opsconsole.runtime.embedded import acquire;"
        "lease = acquire(Path(sys.argv[1])); print('answers'); lease.close(wait=20)"
    )
    return subprocess.run([python, "-c", code, str(data)], capture_output=True, check=False, **arguments)


@needs_root
def test_root_in_a_closed_home_keeps_the_data_elsewhere_and_says_so() -> None:
    with open_directory("home/project/var") as data:
        home = data.parents[1]
        data.mkdir(parents=True)
        home.chmod(0o700)
        notes: list[str] = []
        lease = acquire(data, notify=notes.append)
        with psycopg.connect(lease.urls.database_url) as link:
            assert link.execute("SELECT 1").fetchone() == (1,)
        assert lease.close(wait=20)
        text = "\n".join(notes)
        assert f"{home} is closed to user" in text
        assert str(lease.layout.root_store) in text
        assert home.stat().st_mode & 0o777 == 0o700  # nobody opened it
        # Once there, it stays there, also when the home is opened later.
        home.chmod(0o755)
        again = acquire(data)
        assert again.layout.cluster.resolve() == again.layout.root_store / "postgres"
        again.close(wait=20)


@needs_root
def test_data_that_became_unreachable_is_not_replaced_by_an_empty_database() -> None:
    with open_directory("home/var") as data:
        lease = acquire(data)
        lease.close(wait=20)
        data.parent.chmod(0o700)
        with pytest.raises(ServicesError, match=rf"cannot enter {data.parent} .*chmod o\+x"):
            acquire(data)
        data.parent.chmod(0o755)


@contextlib.contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[None]:
    directory.mkdir()
    options = f"size={megabytes}m,mode=0755"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(directory)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount here")
    try:
        yield
    finally:
        end_services(directory)
        # Lazily: a server that is still on its way out must not turn one failure into another.
        until(lambda: subprocess.run(["umount", "-l", directory], capture_output=True, check=False).returncode == 0)


def fill(path: Path) -> None:
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size):
                    pass


@needs_root
def test_a_disk_too_small_for_the_first_start_is_named() -> None:
    with open_directory() as data, small_disk(data, 20):
        with pytest.raises(ServicesError, match=r"disk of .* is full: \d+ MB are free .*120 MB"):
            acquire(data)
        assert not (data / "postgres").exists()
        assert not (data / "postgres.new").exists()
        until(lambda: not guardian_runs(layout_of(data)))


@needs_root
def test_a_disk_that_filled_up_is_named_and_nothing_is_lost_once_there_is_room() -> None:
    with open_directory() as data, small_disk(data, 200):
        lease = acquire(data)
        with psycopg.connect(lease.urls.database_url) as link:
            link.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        kill_all(lease)
        until(lambda: not processes_of(lease.layout))
        (lease.layout.cluster / "postmaster.pid").unlink(missing_ok=True)  # or its place would be enough to start in
        fill(data / "ballast")
        with pytest.raises(ServicesError, match=r"disk of .* is full"):
            lease.ensure()
        (data / "ballast").unlink()
        lease.ensure()
        with psycopg.connect(lease.urls.database_url) as link:
            assert link.execute("SELECT answer FROM kept").fetchone() == (42,)
        lease.close(wait=20)
